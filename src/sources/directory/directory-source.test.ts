import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createDirectoryHarness,
  key,
  names,
  pass,
  reasons,
  service,
} from "#test/fakes/directory-harness.ts";
import { createDirectorySource } from "./directory-source.ts";

test("the first batch holds the objects of all manifests below the root and is complete", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  harness.files.write("/m/deep/er/b.yml", service("b"));
  harness.files.write("/m/c.json", '{"apiVersion":"v1","kind":"Service","metadata":{"name":"c"}}');
  harness.files.write("/m/notes.txt", service("text"));
  harness.files.write("/m/.hidden.yaml", service("hidden"));
  harness.files.write("/m/.git/d.yaml", service("git"));
  await harness.source.start();
  assert.deepEqual(names(harness), ["a", "b", "c"]);
  assert.deepEqual(
    harness.batches.map(({ complete }) => complete),
    [true],
  );
  assert.deepEqual(harness.batches[0]?.findings, []);
});

test("a burst of events is one batch, and only changed files are read again", async () => {
  const harness = createDirectoryHarness();
  for (const name of ["a", "b", "c"]) harness.files.write(`/m/${name}.yaml`, service(name));
  await harness.source.start();
  harness.files.reads.length = 0;
  harness.files.write("/m/a.yaml", service("a", 81));
  await harness.clock.advance({ milliseconds: 15 });
  harness.files.write("/m/b.yaml", service("b", 82));
  harness.files.write("/m/new/d.yaml", service("d"));
  await harness.settle();
  assert.equal(harness.batches.length, 2);
  assert.deepEqual(
    harness.batches[1]?.set.map(({ draft }) => draft.metadata.name),
    ["a", "b", "d"],
  );
  assert.deepEqual(harness.files.reads, ["/m/a.yaml", "/m/b.yaml", "/m/new/d.yaml"]);
});

test("a burst that does not end is taken as one after 200 ms", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  for (let step = 0; step < 25; step += 1) {
    harness.files.write("/m/a.yaml", service("a", 100 + step));
    await pass(harness.clock, { milliseconds: 10 });
  }
  assert.equal(harness.batches.length, 2);
});

test("a file written again with the same content changes nothing", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.settle();
  assert.equal(harness.batches.length, 1);
});

test("an editor's rename over the file is a change of that file", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  harness.files.write("/m/.a.yaml.swp", service("a", 81));
  harness.files.move("/m/.a.yaml.swp", "/m/a.yaml");
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(harness.batches[1]?.removed, []);
});

test("a file is not gone because it got the number of one that was replaced a moment before", async () => {
  const { files, source, batches, settle } = createDirectoryHarness();
  files.write("/m/a.yaml", service("a"));
  files.write("/m/z.yaml", service("z"));
  await source.start();
  files.write("/m/a.yaml", `${service("a")}# 1\n`);
  files.onStatus = (path) => {
    if (path !== "/m/z.yaml") return;
    files.onStatus = () => undefined;
    for (const name of ["a", "z"]) {
      files.write(`/m/${name}.new`, `${service(name)}# 2\n`);
      files.move(`/m/${name}.new`, `/m/${name}.yaml`);
    }
  };
  await settle();
  await settle();
  assert.deepEqual(
    batches.flatMap(({ removed }) => removed),
    [],
  );
});

test("a mounted ConfigMap is read through its links and followed when it is exchanged", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/..2026_01/a.yaml", service("a"));
  harness.files.link("/m/..data", "..2026_01");
  harness.files.link("/m/a.yaml", "..data/a.yaml");
  await harness.source.start();
  assert.deepEqual(names(harness), ["a"]);
  harness.files.write("/m/..2026_02/a.yaml", service("a", 81));
  harness.files.link("/m/..data_tmp", "..2026_02");
  harness.files.move("/m/..data_tmp", "/m/..data");
  harness.files.erase("/m/..2026_01");
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(reasons(harness), []);
});

test("a removed file, directory and object are removed from the world", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  harness.files.write("/m/d/b.yaml", service("b"));
  harness.files.write("/m/c.yaml", `${service("c")}---\n${service("e")}`);
  await harness.source.start();
  harness.files.erase("/m/a.yaml");
  harness.files.erase("/m/d");
  harness.files.write("/m/c.yaml", service("c"));
  await harness.settle();
  assert.deepEqual(names(harness), ["c"]);
  assert.deepEqual(
    harness.batches[1]?.removed.map(({ name }) => name),
    ["a", "b", "e"],
  );
  assert.equal(harness.files.watchCount(), 1);
});

test("an object that moves to another file is not touched", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  harness.files.move("/m/a.yaml", "/m/b.yaml");
  await harness.settle();
  assert.equal(harness.batches.length, 1);
  assert.equal(harness.source.locate(key("a"), "metadata.name")?.file, "/m/b.yaml");
});

test("a directory moved into the place of another is listed anew", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/d/a.yaml", service("a"));
  harness.files.write("/elsewhere/b.yaml", service("b"));
  await harness.source.start();
  harness.files.erase("/m/d");
  harness.files.move("/elsewhere", "/m/d");
  await harness.settle();
  assert.deepEqual(names(harness), ["b"]);
  harness.files.write("/m/d/c.yaml", service("c"));
  await harness.settle();
  assert.deepEqual(names(harness), ["b", "c"]);
});

test("a file that stops parsing keeps all its last good objects and says so with its place", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", `${service("a")}---\n${service("b")}`);
  harness.files.write("/m/c.yaml", service("c"));
  await harness.source.start();
  harness.files.write("/m/a.yaml", `${service("a", 81)}---\nkind: [\n`);
  harness.files.write("/m/c.yaml", service("c", 81));
  await harness.settle();
  assert.deepEqual(names(harness), ["a", "b", "c"]);
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 80 } });
  assert.deepEqual(harness.world.get("Service/default/c")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(reasons(harness), ["InvalidYaml", "LastGoodVersion"]);
  assert.equal(harness.batches.at(-1)?.findings[0]?.place?.line, 8);
  assert.equal(
    harness.source.locate(key("b"), "spec.port")?.line,
    11,
    "places are those of the good version",
  );
  harness.files.write("/m/a.yaml", service("a", 82));
  await harness.settle();
  assert.deepEqual(names(harness), ["a", "c"]);
  assert.deepEqual(reasons(harness), []);
});

test("an object that becomes invalid keeps its last good version, the others of its file go on", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", `${service("a")}---\n${service("b")}`);
  await harness.source.start();
  const invalid = service("a", 81).replace("name: a", "name: a\n  labels: {x: 1}");
  harness.files.write("/m/a.yaml", `${invalid}---\n${service("b", 81)}`);
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 80 } });
  assert.deepEqual(harness.world.get("Service/default/b")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(reasons(harness), ["InvalidObject"]);
});

test("a vanished root keeps the last world, is reported, and is read again when it is back", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  harness.files.move("/m", "/away");
  await harness.settle();
  assert.deepEqual(names(harness), ["a"]);
  assert.deepEqual(reasons(harness), ["DirectoryMissing"]);
  harness.files.write("/away/b.yaml", service("b"));
  harness.files.move("/away", "/m");
  await pass(harness.clock, { seconds: 1 });
  assert.deepEqual(names(harness), ["a", "b"]);
  assert.deepEqual(reasons(harness), []);
});

test("nothing is complete before every root was listed once", async () => {
  const harness = createDirectoryHarness({ roots: ["/m", "/n"] });
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  assert.deepEqual(names(harness), ["a"]);
  harness.files.write("/n/b.yaml", service("b"));
  await pass(harness.clock, { seconds: 1 });
  assert.deepEqual(
    harness.batches.map(({ complete }) => complete),
    [false, true],
  );
});

test("an unreadable file or directory keeps its objects and is read once it can be", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  harness.files.write("/m/d/b.yaml", service("b"));
  await harness.source.start();
  harness.files.write("/m/a.yaml", service("a", 81));
  harness.files.deny("/m/a.yaml", true);
  harness.files.deny("/m/d", true);
  harness.files.write("/m/d/b.yaml", service("b", 81));
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 80 } });
  assert.deepEqual(names(harness), ["a", "b"]);
  assert.deepEqual(reasons(harness), ["LastGoodVersion", "Unreadable", "Unreadable"]);
  harness.files.deny("/m/a.yaml", false);
  harness.files.deny("/m/d", false);
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/a")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(harness.world.get("Service/default/b")?.draft.body, { spec: { port: 81 } });
  assert.deepEqual(reasons(harness), []);
});

test("of two files with the same object the first by path is in force, and the finding names both", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/b.yaml", service("web", 82));
  harness.files.write("/m/a/z.yaml", service("web", 81));
  harness.files.write("/m/a.yaml", service("web", 83));
  await harness.source.start();
  assert.deepEqual(harness.world.get("Service/default/web")?.file, "/m/a/z.yaml");
  const findings = harness.batches[0]?.findings ?? [];
  assert.deepEqual(reasons(harness), ["DuplicateObject", "DuplicateObject"]);
  assert.match(findings[0]?.message ?? "", /\/m\/a\/z\.yaml:1 .*\/m\/a\.yaml/);
  assert.deepEqual(findings[1]?.place, { file: "/m/b.yaml", line: 1, column: 1 });
  harness.files.erase("/m/a");
  await harness.settle();
  assert.deepEqual(harness.world.get("Service/default/web")?.file, "/m/a.yaml");
  assert.deepEqual(harness.batches[1]?.removed, []);
  assert.deepEqual(reasons(harness), ["DuplicateObject"]);
});

test("kinds that nobody claims are one note each, over all files", async () => {
  const harness = createDirectoryHarness();
  const cup = "apiVersion: example.com/v1\nkind: Cup\nmetadata: {name: a}\n";
  harness.files.write("/m/a.yaml", `${service("a")}---\n${cup}`);
  harness.files.write("/m/b.yaml", cup);
  await harness.source.start();
  const [finding, ...others] = harness.batches[0]?.findings ?? [];
  assert.equal(others.length, 0);
  assert.equal(finding?.severity, "info");
  assert.match(
    finding?.message ?? "",
    /^2 objects of kind Cup \(example.com\/v1\).*\(a\) is at \/m\/a.yaml:7\./,
  );
});

test("objects are found by key and path, in lists and in JSON", async () => {
  const harness = createDirectoryHarness();
  harness.files.write(
    "/m/a.yaml",
    `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n`,
  );
  harness.files.write(
    "/m/b.json",
    '{"apiVersion": "v1", "kind": "Service",\n "metadata": {"name": "b"}}',
  );
  await harness.source.start();
  assert.deepEqual(harness.source.locate(key("a"), "metadata.name"), {
    file: "/m/a.yaml",
    line: 7,
    column: 5,
  });
  assert.deepEqual(harness.source.locate(key("a"), "spec.ports[0]"), {
    file: "/m/a.yaml",
    line: 4,
    column: 3,
  });
  assert.deepEqual(harness.source.locate(key("b"), "metadata.name"), {
    file: "/m/b.json",
    line: 2,
    column: 15,
  });
  assert.equal(harness.source.locate(key("c"), ""), undefined);
});

test("a closed source watches nothing, waits for nothing and says nothing", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  await harness.source.start();
  await harness.source.close();
  assert.equal(harness.files.watchCount(), 0);
  assert.equal(harness.clock.timerCount(), 0);
  harness.files.write("/m/a.yaml", service("a", 81));
  await harness.settle();
  assert.equal(harness.batches.length, 1);
});

const edit = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    path: fc.constantFrom("/m/a.yaml", "/m/b.yaml", "/m/d/a.yaml", "/m/d/e/f.yaml"),
    content: fc
      .array(fc.record({ name: fc.constantFrom("x", "y", "z"), port: fc.constantFrom(1, 2) }), {
        maxLength: 3,
      })
      .map((services) => services.map(({ name, port }) => service(name, port)).join("---\n")),
  }),
  fc.record({
    kind: fc.constant("erase" as const),
    path: fc.constantFrom("/m/a.yaml", "/m/d/a.yaml", "/m/d", "/m/d/e"),
  }),
  fc.record({ kind: fc.constant("settle" as const) }),
);

test("after any edits the world is what a new source would read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 12 }), async (edits) => {
      const harness = createDirectoryHarness();
      harness.files.write("/m/start.yaml", service("start"));
      await harness.source.start();
      for (const one of edits) {
        if (one.kind === "write") harness.files.write(one.path, one.content);
        else if (one.kind === "erase") harness.files.erase(one.path);
        else await harness.settle();
      }
      await harness.settle();
      const fresh = createDirectoryHarness();
      const drafts = new Map<string, unknown>();
      const source = createDirectorySource(
        { files: harness.files, clock: fresh.clock },
        {
          roots: ["/m"],
          recognise: () => ({ namespaced: true }),
          consume: ({ set, findings }) => {
            for (const { draft } of set)
              drafts.set(`Service/default/${draft.metadata.name}`, draft);
            assert.deepEqual(
              harness.batches
                .at(-1)
                ?.findings.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
              findings.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
            );
          },
        },
      );
      await source.start();
      const ours = new Map([...harness.world].map(([name, { draft }]) => [name, draft]));
      assert.deepEqual(new Map([...ours].sort()), new Map([...drafts].sort()));
      await source.close();
      await harness.source.close();
    }),
    { numRuns: 150 },
  );
});
