import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import {
  createDirectoryHarness,
  names,
  pass,
  reasons,
  service,
} from "#test/fakes/directory-harness.ts";
import { createDirectorySource, type SourceBatch } from "./directory-source.ts";

test("links are followed, never in circles, and a file reached twice is read once", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/d/a.yaml", service("a"));
  harness.files.write("/outside/b.yaml", service("b"));
  harness.files.link("/m/d/up", "..");
  harness.files.link("/m/other", "d");
  harness.files.link("/m/out", "/outside");
  harness.files.link("/m/self.yaml", "self.yaml");
  harness.files.link("/m/dangling.yaml", "nowhere");
  harness.files.link("/m/again.yaml", "d/a.yaml");
  await harness.source.start();
  assert.deepEqual(names(harness), ["a", "b"]);
  assert.deepEqual(reasons(harness), ["FileMissing", "LinkLoop", "LinkLoop"]);
  assert.deepEqual(harness.files.reads, ["/m/again.yaml", "/m/out/b.yaml"]);
});

test("pipes are reported and never opened", async () => {
  const harness = createDirectoryHarness();
  harness.files.pipe("/m/pipe.yaml");
  harness.files.pipe("/m/socket");
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  assert.deepEqual(names(harness), ["a"]);
  assert.deepEqual(reasons(harness), ["NotAFile"]);
});

test("hostile files are reported each, and the others load", async () => {
  const harness = createDirectoryHarness();
  const hostile: Readonly<Record<string, string | Uint8Array>> = {
    FileTooLarge: new Uint8Array(50 * 1024 * 1024),
    NotUtf8: Buffer.from([0x61, 0x3a, 0x20, 0xff]),
    InvalidYaml: "a: \0\n",
    DocumentTooLarge: "[".repeat(100_000),
  };
  for (const [reason, content] of Object.entries(hostile))
    harness.files.write(`/m/${reason}.yaml`, content);
  const anchors = Array.from(
    { length: 30 },
    (_, n) => `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]`,
  ).slice(1);
  harness.files.write("/m/bomb.yaml", `a0: &a0 [x, x]\n${anchors.join("\n")}`);
  harness.files.write("/m/big.yaml", `${service("big")}data: {a: "${"x".repeat(10_000_000)}"}\n`);
  const copies = Array.from({ length: 50_000 }, (_, n) => `  k${n}: *a\n`).join("");
  const text = "x".repeat(100_000);
  harness.files.write("/m/copies.yaml", `${service("copies")}data:\n  a: &a "${text}"\n${copies}`);
  const items = Array.from(
    { length: 100_000 },
    (_, n) => `- {apiVersion: v1, kind: Cup, metadata: {name: c${n}}}\n`,
  );
  harness.files.write("/m/items.yaml", `kind: List\nitems:\n${items.join("")}`);
  harness.files.write("/m/list.yaml", `${service("list")}list:\n${"- a\n".repeat(100_000)}`);
  harness.files.write("/m/proto.yaml", `${service("proto")}__proto__: {a: 1}\n`);
  await harness.source.start();
  assert.deepEqual(names(harness), ["list", "proto"]);
  const more = ["DocumentTooLarge", "ObjectTooLarge", "ObjectTooLarge", "KindNotUsed"];
  assert.deepEqual(reasons(harness), [...Object.keys(hostile), ...more].sort());
  assert.ok(
    !harness.files.reads.includes("/m/FileTooLarge.yaml"),
    "a file over the limit is not even read",
  );
});

test("an object that grows too large keeps its last good version, and its neighbours change", async () => {
  const harness = createDirectoryHarness({ limits: { maxObjectLength: 1000 } });
  harness.files.write("/m/a.yaml", `${service("a")}---\n${service("b")}`);
  await harness.source.start();
  const long = `${service("a", 81)}data: {a: "${"x".repeat(1000)}"}\n`;
  harness.files.write("/m/a.yaml", `${long}---\n${service("b", 81)}`);
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 80 } });
  assert.deepEqual(harness.world.get("Service/default/b")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(reasons(harness), ["ObjectTooLarge"]);
});

test("files beyond the limits of the whole are not read, and that is said", async () => {
  const few = createDirectoryHarness({ limits: { maxFiles: 2 } });
  for (const name of ["a", "b", "c"]) few.files.write(`/m/${name}.yaml`, service(name));
  await few.source.start();
  assert.deepEqual(names(few), ["a", "b"]);
  assert.deepEqual(reasons(few), ["TooManyFiles"]);
  const small = createDirectoryHarness({ limits: { maxTotalBytes: 150 } });
  for (const name of ["a", "b", "c"]) small.files.write(`/m/${name}.yaml`, service(name));
  await small.source.start();
  assert.deepEqual(names(small), ["a", "b"]);
  assert.deepEqual(reasons(small), ["TooManyBytes"]);
});

test("a file that changes while it is read is read again", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  let writes = 0;
  harness.files.onRead = () => {
    if (writes < 1) harness.files.write("/m/a.yaml", service("a", 81));
    writes += 1;
  };
  await harness.source.start();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 81 } });
  assert.equal(harness.batches.length, 1);
});

test("a directory that vanishes while it is read leaves the others alone", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/d/a.yaml", service("a"));
  harness.files.write("/m/d/b.yaml", service("b"));
  harness.files.write("/m/e.yaml", service("e"));
  harness.files.onRead = () => harness.files.erase("/m/d");
  await harness.source.start();
  await harness.settle();
  assert.deepEqual(names(harness), ["e"]);
  assert.deepEqual(reasons(harness), []);
});

test("a watch that ends is reported, and changes are found by looking again", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  harness.files.failWatch("/m", new Error("no space left"));
  harness.files.write("/m/a.yaml", service("a", 81));
  await pass(harness.clock, { seconds: 1 });
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 81 } });
  assert.equal(harness.files.watchCount(), 1, "it is watched again");
});

test("a change that no event told of is found within 30 seconds", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/outside/a.yaml", service("a"));
  harness.files.link("/m/a.yaml", "/outside/a.yaml");
  await harness.source.start();
  harness.files.write("/outside/a.yaml", service("a", 81));
  await harness.settle();
  assert.equal(harness.batches.length, 1);
  await pass(harness.clock, { seconds: 30 });
  assert.equal(harness.batches.length, 2);
});

test("on a real disk: pipes, loops and links do no harm, and changes arrive by themselves", async (context) => {
  const root = await mkdtemp(join(tmpdir(), "sekisho-directory-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, "d"));
  await writeFile(join(root, "d/a.yaml"), service("a"));
  execFileSync("mkfifo", [join(root, "pipe.yaml")]);
  await symlink("self.yaml", join(root, "self.yaml"));
  await symlink("..", join(root, "d/up"));
  const batches: SourceBatch[] = [];
  let arrived = Promise.withResolvers<void>();
  const source = createDirectorySource(
    { files: createFiles(), clock: createClock() },
    {
      roots: [root],
      recognise: () => ({ namespaced: true }),
      consume: (batch) => {
        batches.push(batch);
        arrived.resolve();
      },
    },
  );
  context.after(() => source.close());
  const ports: unknown[] = [];
  const next = async (change: () => Promise<void>): Promise<void> => {
    arrived = Promise.withResolvers();
    await change();
    await arrived.promise;
    ports.push(batches.at(-1)?.set.map(({ draft }) => [draft.metadata.name, draft.body["spec"]]));
  };
  await next(source.start);
  assert.deepEqual(batches[0]?.findings.map(({ reason }) => reason).sort(), [
    "LinkLoop",
    "LinkLoop",
    "NotAFile",
  ]);
  await next(async () => {
    await writeFile(join(root, "d/.a.tmp"), service("a", 81));
    await rename(join(root, "d/.a.tmp"), join(root, "d/a.yaml"));
  });
  await next(async () => {
    await mkdir(join(root, "new"));
    await writeFile(join(root, "new/b.yaml"), service("b"));
  });
  await next(() => rename(join(root, "d"), join(root, ".gone")));
  assert.deepEqual(ports, [
    [["a", { port: 80 }]],
    [["a", { port: 81 }]],
    [["b", { port: 80 }]],
    [],
  ]);
  assert.deepEqual(
    batches.at(-1)?.removed.map(({ name }) => name),
    ["a"],
  );
});

test("on a real disk: 5,000 files are read, each once, with a bounded number at a time", async (context) => {
  const root = await mkdtemp(join(tmpdir(), "sekisho-directory-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  for (let folder = 0; folder < 50; folder += 1) {
    await mkdir(join(root, String(folder)));
    const writes = Array.from({ length: 100 }, (_, index) =>
      writeFile(join(root, String(folder), `${index}.yaml`), service(`s-${folder}-${index}`)),
    );
    await Promise.all(writes);
  }
  const files = createFiles();
  let reads = 0;
  let open = 0;
  let mostOpen = 0;
  const counted = async <T>(act: () => Promise<T>): Promise<T> => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    try {
      return await act();
    } finally {
      open -= 1;
    }
  };
  const batches: SourceBatch[] = [];
  const source = createDirectorySource(
    {
      clock: createClock(),
      files: {
        ...files,
        status: (path) => counted(() => files.status(path)),
        read: (path, most) => {
          reads += 1;
          return counted(() => files.read(path, most));
        },
      },
    },
    {
      roots: [root],
      recognise: () => ({ namespaced: true }),
      consume: (batch) => batches.push(batch),
    },
  );
  context.after(() => source.close());
  await source.start();
  assert.equal(batches[0]?.set.length, 5000);
  assert.equal(reads, 5000);
  assert.ok(mostOpen <= 32);
  await source.rescan();
  assert.equal(reads, 5000);
  assert.equal(batches.length, 1);
});
