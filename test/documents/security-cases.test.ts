/** test/security/README.md says which test shows that something cannot happen: they are there. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "test/security/README.md"), "utf8");

interface Case {
  readonly what: string;
  readonly file: string;
  readonly sentence: string;
}

const cases: readonly Case[] = page
  .split("\n")
  .map((line) => /^\| (.+) \| `(.+)` \| (.+) \|$/.exec(line))
  .flatMap((row) => {
    const [, what = "", file = "", sentence = ""] = row ?? [];
    return file === "" ? [] : [{ what, file, sentence }];
  });

test("every case names a test of a file that is there", () => {
  assert.ok(cases.length > 25, "the table was read");
  for (const { what, file, sentence } of cases)
    assert.ok(readFileSync(join(root, file), "utf8").includes(sentence), `${what}: ${sentence}`);
});

test("every test file of the folder is named by a case", () => {
  const files = globSync("test/security/*.test.ts", { cwd: root });
  const named = new Set(cases.map(({ file }) => file));
  assert.deepEqual(
    files.filter((file) => !named.has(file)),
    [],
  );
});
