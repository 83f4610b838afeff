import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

test("Pebble starts with a root of its own, and ends with the test", { skip }, async () => {
  let directory = "";
  {
    await using pebble = await startPebble({ alternateRoots: 1 });
    directory = pebble.directory;
    const roots = [await pebble.root(), await pebble.root(1)];
    for (const root of roots) assert.match(root, /^-----BEGIN CERTIFICATE-----/);
    assert.notEqual(roots[0], roots[1]);
  }
  await assert.rejects(fetch(directory), TypeError);
});
