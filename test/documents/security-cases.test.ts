/** test/security/README.md says which test shows that something cannot happen: they are there. */

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { expectThere, namedTestsIn } from "./named-tests.ts";

const cases = namedTestsIn("test/security/README.md");

test("every case names a test of a file that is there", () => {
  assert.ok(cases.length > 25, "the table was read");
  expectThere(cases);
});

test("every test file of the folder is named by a case", () => {
  const files = globSync("test/security/*.test.ts", { cwd: join(import.meta.dirname, "../..") });
  const named = new Set(cases.map(({ file }) => file));
  assert.deepEqual(
    files.filter((file) => !named.has(file)),
    [],
  );
});
