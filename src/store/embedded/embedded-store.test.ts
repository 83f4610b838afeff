import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { createSealer } from "#crypto/sealer.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { storeContract } from "../contract.ts";
import { type Draft, StoreError } from "../object-store.ts";
import {
  type EmbeddedStore,
  type EmbeddedStoreSettings,
  openEmbeddedStore,
} from "./embedded-store.ts";

const deps = { files: createFiles(), clock: createClock(), random: createRandom() };

async function temporary(): Promise<string> {
  return await mkdtemp(path.join(tmpdir(), "sekisho-store-"));
}

for (const lag of [false, true]) {
  storeContract(lag ? "the embedded store that lags" : "the embedded store", async () => {
    const directory = await temporary();
    const store = await openEmbeddedStore(deps, { directory, lag });
    return {
      store,
      namespaces: ["first", "second"],
      // Before its beginning.
      forgotten: { Service: "-1" },
      settle: async () => store.settle(),
      close: async () => {
        await store.close();
        await rm(directory, { recursive: true });
      },
    };
  });
}

interface Place {
  readonly directory: string;
  readonly open: (more?: Partial<EmbeddedStoreSettings>) => Promise<EmbeddedStore>;
}

/** A directory that goes with the test, and a way to open a store in it again and again. */
async function place(context: TestContext): Promise<Place> {
  const directory = path.join(await temporary(), "data");
  context.after(() => rm(path.dirname(directory), { recursive: true }));
  return { directory, open: (more = {}) => openEmbeddedStore(deps, { directory, ...more }) };
}

const secretKey: ObjectKey = { kind: "Secret", namespace: "default", name: "s" };

function secret(value: string): Draft {
  const data = { "tls.key": Buffer.from(value).toString("base64") };
  const metadata = { name: "s", namespace: "default" };
  return { apiVersion: "v1", kind: "Secret", metadata, body: { type: "Opaque", data } };
}

function service(name: string, port: number): Draft {
  const body = { spec: { ports: [{ port }] } };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default" }, body };
}

const serviceKey = (name: string): ObjectKey => ({ kind: "Service", namespace: "default", name });

async function failsWith(code: string, act: () => Promise<unknown>): Promise<string> {
  const error: unknown = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StoreError, `${error}`);
  assert.equal(error.code, code);
  return error.message;
}

test("reads and watches of a lagging store show a write only once it has settled", async (context) => {
  const store = await (await place(context)).open({ lag: true });
  await store.create(service("a", 80));
  assert.equal(await store.get(serviceKey("a")), undefined);
  store.settle();
  assert.ok((await store.get(serviceKey("a"))) !== undefined);
  await store.close();
});

test("everything is there again after a restart, and revisions go on", async (context) => {
  const { open } = await place(context);
  const first = await open();
  const created = await first.create(service("a", 80));
  await first.close();
  const second = await open();
  assert.deepEqual(await second.get(serviceKey("a")), created);
  const later = await second.create(service("b", 80));
  assert.ok(Number(later.metadata.resourceVersion) > Number(created.metadata.resourceVersion));
  await second.close();
});

test("whoever opens a store that is in use is told so", async (context) => {
  const { open } = await place(context);
  const store = await open();
  assert.match(await failsWith("locked", () => open()), /in use by another/);
  await store.close();
  await (await open()).close();
});

test("directory and files are for their owner alone", async (context) => {
  const { directory, open } = await place(context);
  const store = await open();
  await store.create(secret("k"));
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  for (const name of await readdir(directory)) {
    assert.equal((await stat(path.join(directory, name))).mode & 0o077, 0, name);
  }
  await store.close();
});

test("a database of a newer version is refused and left alone", async (context) => {
  const { directory, open } = await place(context);
  await (await open()).close();
  const database = new DatabaseSync(path.join(directory, "store.db"));
  database.exec("PRAGMA user_version = 999");
  database.close();
  assert.match(await failsWith("unavailable", () => open()), /newer version/);
});

test("a damaged database is refused", async (context) => {
  const { directory, open } = await place(context);
  await (await open()).close();
  await writeFile(
    path.join(directory, "store.db"),
    "this is no database, whatever its name says ".repeat(200),
  );
  assert.match(await failsWith("unavailable", () => open()), /cannot be used/);
});

test("a deleted secret is in no file any more", async (context) => {
  const { directory, open } = await place(context);
  const value = "very private words ".repeat(50);
  const store = await open();
  await store.create(secret(value));
  await store.remove(secretKey);
  assert.equal(await findIn(directory, secret(value)), undefined);
  await store.close();
  assert.equal(await findIn(directory, secret(value)), undefined);
});

test("who has an object keeps it as it was, however often it is written and whether it is there", async (context) => {
  const { open } = await place(context);
  const store = await open();
  const first = await store.create(secret("one"));
  const second = await store.replace(secretKey, secret("two"), first.metadata.resourceVersion);
  for (let index = 0; index < 300; index++)
    await store.create({ ...secret("x"), metadata: { name: `s-${index}`, namespace: "default" } });
  const third = await store.replaceStatus(secretKey, "seen", second.metadata.resourceVersion);
  await store.remove(secretKey);
  assert.deepEqual(
    [first, second, third].map(({ body }) => body),
    ["one", "two", "two"].map((value) => secret(value).body),
  );
  assert.deepEqual([second.status, third.status], [undefined, "seen"]);
  await store.close();
});

test("with a key the values of Secrets are in no file, and are read with that key alone", async (context) => {
  const { directory, open } = await place(context);
  const sealer = createSealer(Buffer.alloc(32, 7));
  const store = await open({ sealer });
  const created = await store.create(secret("very private words"));
  assert.equal(await findIn(directory, secret("very private words")), undefined);
  await store.close();
  const again = await open({ sealer });
  assert.deepEqual(await again.get(secretKey), created);
  await again.close();
  assert.match(await failsWith("unavailable", () => open()), /no key is given/);
  const other = createSealer(Buffer.alloc(32, 8));
  assert.match(await failsWith("unavailable", () => open({ sealer: other })), /another one/);
});

test("a key given later seals what lay in the clear", async (context) => {
  const { directory, open } = await place(context);
  const store = await open();
  await store.create(secret("very private words"));
  assert.notEqual(await findIn(directory, secret("very private words")), undefined);
  await store.close();
  const sealed = await open({ sealer: createSealer(Buffer.alloc(32, 7)) });
  assert.equal(await findIn(directory, secret("very private words")), undefined);
  await sealed.close();
});

/** The file of a directory that holds the first value of a Secret. */
async function findIn(directory: string, { body }: Draft): Promise<string | undefined> {
  const [value = ""] = Object.values(body["data"] as Record<string, string>);
  for (const name of await readdir(directory)) {
    const content = await readFile(path.join(directory, name));
    if (content.includes(value.slice(0, 40))) return name;
  }
  return undefined;
}

test("objects of files have one stamp a batch, and keep who they are over a restart", async (context) => {
  const { open } = await place(context);
  const first = await open();
  const batch = { set: [service("a", 80), service("b", 80)], removed: [], complete: true };
  await first.replaceFiles(batch);
  const a = await first.get(serviceKey("a"));
  const b = await first.get(serviceKey("b"));
  assert.equal(a?.metadata.creationTimestamp, b?.metadata.creationTimestamp);
  await first.close();
  const second = await open();
  await second.replaceFiles({ ...batch, set: [service("a", 81), service("b", 80)] });
  const again = await second.get(serviceKey("a"));
  assert.equal(again?.metadata.uid, a?.metadata.uid);
  assert.equal(again?.metadata.generation, 2);
  assert.equal((await second.get(serviceKey("b")))?.metadata.generation, 1);
  await second.close();
});

test("an object of a file that went and came back is a new one", async (context) => {
  const store = await (await place(context)).open();
  await store.replaceFiles({ set: [service("a", 80)], removed: [], complete: true });
  const before = await store.get(serviceKey("a"));
  await store.replaceFiles({ set: [], removed: [serviceKey("a")], complete: false });
  await store.replaceFiles({ set: [service("a", 80)], removed: [], complete: false });
  assert.notEqual((await store.get(serviceKey("a")))?.metadata.uid, before?.metadata.uid);
  await store.close();
});

test("an object of a file takes a status, annotations and finalizers, and nothing else", async (context) => {
  const { open } = await place(context);
  const store = await open();
  await store.replaceFiles({ set: [service("a", 80)], removed: [], complete: true });
  await store.replaceStatus(serviceKey("a"), { ok: true });
  const noted = {
    ...service("a", 80),
    metadata: { ...service("a", 80).metadata, annotations: { note: "1" } },
  };
  await store.apply(noted);
  await failsWith("read-only", () => store.apply(service("a", 81)));
  await failsWith("read-only", () => store.remove(serviceKey("a")));
  await store.close();
  const again = await open();
  await again.replaceFiles({ set: [service("a", 80)], removed: [], complete: true });
  const found = await again.get(serviceKey("a"));
  assert.deepEqual(found?.status, { ok: true });
  assert.deepEqual(found?.metadata.annotations, { note: "1" });
  await again.close();
});

test("a file wins over a stored object of its name, which is in force again when the file is gone", async (context) => {
  const store = await (await place(context)).open();
  await store.create(service("a", 1));
  const shadowed = await store.replaceFiles({
    set: [service("a", 80)],
    removed: [],
    complete: true,
  });
  assert.deepEqual(shadowed, [serviceKey("a")]);
  assert.deepEqual((await store.get(serviceKey("a")))?.body, service("a", 80).body);
  await store.replaceFiles({ set: [], removed: [serviceKey("a")], complete: false });
  assert.deepEqual((await store.get(serviceKey("a")))?.body, service("a", 1).body);
  await store.close();
});

test("a Secret of a file is the seed of the stored one once somebody writes into it", async (context) => {
  const { open } = await place(context);
  const store = await open();
  await store.replaceFiles({ set: [secret("from the file")], removed: [], complete: true });
  const { resourceVersion } = (await store.get(secretKey))?.metadata ?? { resourceVersion: "" };
  await store.replace(secretKey, secret("issued"), resourceVersion);
  assert.deepEqual((await store.get(secretKey))?.body["data"], secret("issued").body["data"]);
  await store.close();
  const again = await open();
  await again.replaceFiles({ set: [secret("from the file")], removed: [], complete: true });
  assert.deepEqual((await again.get(secretKey))?.body["data"], secret("issued").body["data"]);
  await again.close();
});

test("what a file owned goes with it, also when it went while nobody looked", async (context) => {
  const { open } = await place(context);
  const store = await open();
  await store.replaceFiles({ set: [service("a", 80)], removed: [], complete: true });
  const owner = await store.get(serviceKey("a"));
  const uid = owner?.metadata.uid ?? "";
  const ownerReferences = [{ apiVersion: "v1", kind: "Service", name: "a", uid }];
  const child = {
    ...service("child", 1),
    metadata: { ...service("child", 1).metadata, ownerReferences },
  };
  await store.create(child);
  await store.close();
  const again = await open();
  await again.replaceFiles({ set: [], removed: [], complete: true });
  assert.equal(await again.get(serviceKey("child")), undefined);
  await again.close();
});
