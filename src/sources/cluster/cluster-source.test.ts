import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Finding } from "#base/finding.ts";
import { configMapKind } from "#kinds/config-map.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Draft, WatchEvent } from "#store/object-store.ts";
import { createHastyClock, type HastyClock } from "#test/fakes/runtime/hasty-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { type ServedCluster, servedCluster } from "#test/fakes/served-cluster.ts";
import {
  type ClusterSource,
  type ClusterSourceSettings,
  startClusterSource,
} from "./cluster-source.ts";

interface Stage extends ServedCluster {
  readonly clock: HastyClock;
  readonly start: (settings?: Partial<ClusterSourceSettings>) => ClusterSource;
  readonly findings: () => readonly Finding[];
  /** Resolves with the first findings that hold `reason`, or none of them without one. */
  readonly found: (reason: string | undefined) => Promise<Finding | undefined>;
}

/** In these tests a Service names Secrets in an annotation: `namespace/name,…`. */
function secretsOf({ kind, metadata }: KubeObject): readonly ObjectKey[] {
  const named = kind === "Service" ? metadata.annotations["secrets"] : undefined;
  return (named ?? "")
    .split(",")
    .filter((text) => text !== "")
    .map((text) => {
      const [namespace = "", name = ""] = text.split("/");
      return { kind: "Secret", namespace, name };
    });
}

async function openStage(context: TestContext): Promise<Stage> {
  const cluster = await servedCluster(context);
  const clock = createHastyClock();
  let findings: readonly Finding[] = [];
  let told = Promise.withResolvers<void>();
  const start: Stage["start"] = (settings = {}) => {
    const deps = { clock, random: createSeededRandom(1), log: silentLog, store: cluster.store };
    const source = startClusterSource(deps, {
      kinds: [serviceKind, secretKind],
      namespaces: "all",
      secretsOf,
      changed: (now) => {
        findings = now;
        told.resolve();
        told = Promise.withResolvers();
      },
      ...settings,
    });
    context.after(() => source.close());
    return source;
  };
  const found: Stage["found"] = async (reason) => {
    for (;;) {
      const finding = findings.find((one) => one.reason === reason);
      if (reason === undefined ? findings.length === 0 : finding !== undefined) return finding;
      await told.promise;
    }
  };
  return { ...cluster, clock, start, findings: () => findings, found };
}

function service(name: string, secrets = ""): Draft {
  const annotations: Record<string, string> = secrets === "" ? {} : { secrets };
  const metadata = { name, namespace: "default", annotations };
  return { apiVersion: "v1", kind: "Service", metadata, body: { spec: { ports: [] } } };
}

function secret(name: string, value: string, namespace = "default"): Draft {
  const body = { type: "Opaque", data: { key: Buffer.from(value).toString("base64") } };
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, body };
}

const serviceKey = (name: string): ObjectKey => ({ kind: "Service", namespace: "default", name });
const secretKey = (name: string): ObjectKey => ({ kind: "Secret", namespace: "default", name });

/** The names of what a source lists of both kinds. */
async function listedNames({ store }: ClusterSource): Promise<readonly string[]> {
  const listings = await Promise.all(["Service", "Secret"].map((kind) => store.list(kind)));
  return listings.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
}

/** Follows what a source shows from now on. */
async function follow({ store }: ClusterSource, context: TestContext): Promise<Followed> {
  const stop = new AbortController();
  context.after(() => stop.abort());
  const kinds = ["Service", "Secret"];
  const points = await Promise.all(kinds.map(async (kind) => (await store.list(kind)).point));
  const from = Object.fromEntries(kinds.map((kind, index) => [kind, points[index] ?? ""]));
  const batches = store.watch(from, stop.signal)[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value } = await batches.next();
      return (value as { readonly events: readonly WatchEvent[] }).events.map(describeEvent);
    },
  };
}

interface Followed {
  /** The next batch, as `set Service a`. */
  readonly next: () => Promise<readonly string[]>;
}

function describeEvent({ kind, object }: WatchEvent): string {
  const { key } = (object.body["data"] ?? {}) as { readonly key?: string };
  const value = key === undefined ? "" : ` ${Buffer.from(key, "base64").toString("utf8")}`;
  return `${kind} ${object.kind} ${object.metadata.name}${value}`;
}

test("everything is listed before anything is shown, and changes come as they are", async (context) => {
  const { store, start } = await openStage(context);
  await store.create(service("a"));
  const source = start();
  const listed = listedNames(source);
  assert.deepEqual(await listed, ["a"]);
  const followed = await follow(source, context);
  await store.create(service("b"));
  assert.deepEqual(await followed.next(), ["set Service b"]);
  await store.remove(serviceKey("a"));
  assert.deepEqual(await followed.next(), ["deleted Service a"]);
});

test("after a watch that is too old only the differences are shown", async (context) => {
  const { store, start, forget, refuse } = await openStage(context);
  for (const name of ["a", "b", "c"]) await store.create(service(name));
  const source = start();
  const followed = await follow(source, context);
  refuse("Service", "unavailable");
  forget("Service");
  const b = await store.get(serviceKey("b"));
  await store.remove(serviceKey("a"));
  await store.replace(
    serviceKey("b"),
    service("b", "default/s"),
    b?.metadata.resourceVersion ?? "",
  );
  refuse("Service", undefined);
  assert.deepEqual(await followed.next(), ["deleted Service a", "set Service b"]);
});

test("a kind that is not served counts as empty, and is taken up once it appears", async (context) => {
  const { store, start, refuse } = await openStage(context);
  refuse("Service", "not-found");
  const source = start();
  assert.deepEqual(await listedNames(source), []);
  const followed = await follow(source, context);
  await store.create(service("a"));
  refuse("Service", undefined);
  assert.deepEqual(await followed.next(), ["set Service a"]);
});

test("a kind that is not served is looked for sooner than a status gives up waiting for who does not know it", async (context) => {
  const { start, refuse, clock } = await openStage(context);
  refuse("Service", "not-found");
  start();
  while (clock.slept.length < 30) await setImmediate();
  assert.ok(Math.max(...clock.slept) <= 5000, clock.slept.join(", "));
});

test("a kind that was served and is no more keeps its objects", async (context) => {
  const { store, start, refuse, forget, clock } = await openStage(context);
  await store.create(service("a"));
  const source = start();
  assert.deepEqual(await listedNames(source), ["a"]);
  refuse("Service", "not-found");
  forget("Service");
  const slept = clock.slept.length;
  while (clock.slept.length < slept + 3) await setImmediate();
  assert.deepEqual(await listedNames(source), ["a"]);
});

test("what we may not list is waited for, and a finding says what to grant", async (context) => {
  const { store, start, refuse, found } = await openStage(context);
  await store.create(service("a"));
  refuse("Service", "denied");
  const source = start();
  let isListed = false;
  const listed = source.listed.then(() => {
    isListed = true;
  });
  const finding = await found("ReadDenied");
  assert.match(finding?.advice ?? "", /list and watch services/);
  assert.equal(isListed, false);
  refuse("Service", undefined);
  await listed;
  await found(undefined);
  assert.deepEqual(await listedNames(source), ["a"]);
});

test("only Secrets that objects name are read, and they are there with what names them", async (context) => {
  const { store, start, secretsRead } = await openStage(context);
  for (const name of ["named", "later", "other"]) await store.create(secret(name, "1"));
  await store.create(service("a", "default/named"));
  const source = start();
  assert.deepEqual(await listedNames(source), ["a", "named"]);
  const followed = await follow(source, context);
  await store.create(service("b", "default/later"));
  assert.deepEqual(await followed.next(), ["set Secret later 1", "set Service b"]);
  assert.deepEqual(secretsRead, ["default/named", "default/later"]);
});

test("a Secret that changes, comes, goes or is named no more is followed", async (context) => {
  const { store, start } = await openStage(context);
  await store.create(service("a", "default/s"));
  const source = start();
  const followed = await follow(source, context);
  const created = await store.create(secret("s", "1"));
  assert.deepEqual(await followed.next(), ["set Secret s 1"]);
  await store.replace(keyOf(created), secret("s", "2"), created.metadata.resourceVersion);
  assert.deepEqual(await followed.next(), ["set Secret s 2"]);
  await store.remove(secretKey("s"));
  assert.deepEqual(await followed.next(), ["deleted Secret s 2"]);
  await store.create(secret("s", "3"));
  assert.deepEqual(await followed.next(), ["set Secret s 3"]);
  await store.remove(serviceKey("a"));
  assert.deepEqual(await followed.next(), ["deleted Service a"]);
  assert.deepEqual(await followed.next(), ["deleted Secret s 3"]);
});

test("a Secret stays when what names it goes and comes back at once", async (context) => {
  const { store, start } = await openStage(context);
  await store.create(secret("s", "1"));
  await store.create(service("a", "default/s"));
  const source = start();
  const followed = await follow(source, context);
  await store.remove(serviceKey("a"));
  await store.create(service("a", "default/s"));
  await store.create(service("b"));
  const seen: string[] = [];
  while (!seen.includes("set Service b")) seen.push(...(await followed.next()));
  const there = await source.store.list("Secret");
  assert.deepEqual(
    there.items.map(({ metadata }) => metadata.name),
    ["s"],
  );
});

test("a Secret outside the granted namespaces is never read, and a finding says who names it", async (context) => {
  const { store, start, found, secretsRead } = await openStage(context);
  await store.create(secret("s", "1", "private"));
  await store.create(service("a", "private/s"));
  const source = start({ secretNamespaces: ["default"] });
  assert.deepEqual(await listedNames(source), ["a"]);
  const finding = await found("SecretNotGranted");
  assert.equal(finding?.origin.name, "a");
  const key = { kind: "Secret", namespace: "private", name: "s" };
  await assert.rejects(source.store.get(key), /not granted/);
  assert.deepEqual(secretsRead, []);
  await store.remove(serviceKey("a"));
  await found(undefined);
});

test("a Secret that could not be read is tried again", async (context) => {
  const { store, start, clock, refuseReads } = await openStage(context);
  await store.create(secret("s", "1"));
  await store.create(service("a", "default/s"));
  refuseReads("unavailable");
  const source = start();
  const followed = await follow(source, context);
  refuseReads(undefined);
  await clock.run({ seconds: 5 });
  assert.deepEqual(await followed.next(), ["set Secret s 1"]);
});

test("kinds that are not mirrored are asked of the server", async (context) => {
  const { store, start } = await openStage(context);
  const source = start();
  const metadata = { name: "m", namespace: "default" };
  await store.create({ apiVersion: "v1", kind: "ConfigMap", metadata, body: {} });
  assert.equal((await source.store.list(configMapKind.id)).items.length, 1);
});

test("of a kind of which a single object is mirrored, the others are asked of the server", async (context) => {
  const { store, start } = await openStage(context);
  for (const [namespace, name] of [
    ["nginx-ingress", "nginx-config"],
    ["nginx-ingress", "other"],
    ["default", "nginx-config"],
  ] as const) {
    await store.create({
      ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } },
      body: { data: { of: `${namespace}/${name}` } },
    });
  }
  const single = [{ resource: configMapKind, namespace: "nginx-ingress", name: "nginx-config" }];
  const { store: mirrored, listed } = start({ single });
  await listed;
  const { items } = await mirrored.list(configMapKind.id);
  assert.deepEqual(
    items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ["nginx-ingress/nginx-config"],
  );
  const asked = { kind: configMapKind.id, namespace: "default", name: "nginx-config" };
  assert.deepEqual((await mirrored.get(asked))?.body, { data: { of: "default/nginx-config" } });
});

test("with named namespaces only these are read", async (context) => {
  const { store, start } = await openStage(context);
  await store.create(service("a"));
  const elsewhere = service("b");
  await store.create({ ...elsewhere, metadata: { ...elsewhere.metadata, namespace: "other" } });
  const source = start({ namespaces: ["default"] });
  assert.deepEqual(await listedNames(source), ["a"]);
});
