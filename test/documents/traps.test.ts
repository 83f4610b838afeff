/** The README of a dialect says which test keeps it out of each trap: they are there. */

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { expectThere, namedTestsIn } from "./named-tests.ts";

const pages = globSync("src/dialects/*/README.md", { cwd: join(import.meta.dirname, "../..") });

test("every trap names a test of a file that is there", () => {
  const traps = pages.flatMap(namedTestsIn);
  assert.ok(traps.length > 30, "the tables were read");
  expectThere(traps);
});
