/** Tables of a document that say which test shows something: `| what | file | sentence of the test |`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface NamedTest {
  readonly what: string;
  readonly file: string;
  readonly sentence: string;
}

export function namedTestsIn(document: string): readonly NamedTest[] {
  return readFileSync(join(root, document), "utf8")
    .split("\n")
    .map((line) => /^\| (.+) \| `(.+\.test\.ts)` \| (.+) \|$/.exec(line))
    .flatMap((row) => {
      const [, what = "", file = "", sentence = ""] = row ?? [];
      return file === "" ? [] : [{ what, file, sentence }];
    });
}

export function expectThere(named: readonly NamedTest[]): void {
  for (const { what, file, sentence } of named)
    assert.ok(readFileSync(join(root, file), "utf8").includes(sentence), `${what}: ${sentence}`);
}
