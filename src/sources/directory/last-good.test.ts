/** What a file held that could be read last is in force while it cannot be read, also in a later run. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDirectoryHarness, names, reasons, service } from "#test/fakes/directory-harness.ts";

test("texts of files that can be read are handed on, and those that are gone", async () => {
  const harness = createDirectoryHarness();
  harness.files.write("/m/a.yaml", service("a"));
  harness.files.write("/m/broken.yaml", "kind: [");
  await harness.source.start();
  assert.deepEqual([...(harness.batches.at(-1)?.texts ?? [])], [["/m/a.yaml", service("a")]]);
  await harness.files.remove("/m/a.yaml");
  await harness.settle();
  assert.deepEqual([...(harness.batches.at(-1)?.texts ?? [])], [["/m/a.yaml", undefined]]);
  await harness.source.close();
});

test("a file that is broken at the start gives what an earlier run could read of it, and says so", async () => {
  const harness = createDirectoryHarness({
    lastGood: (path) => (path === "/m/a.yaml" ? service("a") : undefined),
  });
  harness.files.write("/m/a.yaml", "kind: [");
  harness.files.write("/m/b.yaml", "kind: [");
  await harness.source.start();
  assert.deepEqual(names(harness), ["a"]);
  assert.ok(reasons(harness).includes("LastGoodVersion"));
  assert.deepEqual([...(harness.batches.at(-1)?.texts.keys() ?? [])], []);
  harness.files.write("/m/a.yaml", service("mended"));
  await harness.settle();
  assert.deepEqual(names(harness), ["mended"]);
  assert.ok(!reasons(harness).includes("LastGoodVersion"));
  await harness.source.close();
});
