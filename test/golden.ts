/** Compares text with a golden file; under `npm run golden` (tools/golden.ts) writes it instead. */

import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Set by tools/golden.ts: the file that collects the paths of all golden files written. */
const record = process.env["SEKISHO_GOLDEN_RECORD"];

/** Fails when `file` does not hold exactly `actual`. */
export function matchGolden(file: string, actual: string): void {
  if (record !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    appendFileSync(record, `${resolve(file)}\n`);
    return;
  }
  assert.ok(existsSync(file), `${file} does not exist: run npm run golden and review the new file`);
  const expected = readFileSync(file, "utf8");
  assert.equal(actual, expected, `${file} differs: if the change is meant, run npm run golden`);
}
