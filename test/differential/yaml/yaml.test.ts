import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { findDifferences } from "./compare-readings.ts";
import { hardCases } from "./hard-cases.ts";
import type { Question } from "./kubectl-reading.ts";
import { findReasonToSkip } from "./kubectl-reading.ts";
import { damaged, json, soup, written } from "./texts.ts";

/** A text by itself and as a file. The judge of a text alone gets its last line ended, as kubectl's reader ends it. */
function bothWays(text: string): readonly Question[] {
  const ended = text.endsWith("\n") ? text : `${text}\n`;
  return [
    { whole: false, text: ended },
    { whole: true, text },
  ];
}

const reason = findReasonToSkip();
const textsEach = 1500;

describe("YAML means here what it means to kubectl", { skip: reason ?? false }, () => {
  for (const [subject, texts] of Object.entries(hardCases)) {
    test(`hard cases: ${subject}`, () => {
      assert.deepEqual(findDifferences(texts.flatMap(bothWays)).unexplained, []);
    });
  }

  for (const [name, texts] of Object.entries({ soup, written, damaged, json })) {
    test(`${textsEach} random texts: ${name}`, (context) => {
      const seed = Number(process.env["SEED"] ?? 20240101);
      context.diagnostic(`SEED=${seed}`);
      const sample = fc.sample(texts, { numRuns: textsEach, seed });
      const { explained, unexplained } = findDifferences(sample.flatMap(bothWays));
      context.diagnostic(`${explained} explained differences, see compare-readings.ts`);
      assert.deepEqual(unexplained, [], `SEED=${seed}`);
      assert.ok(explained < textsEach / 50, "too many differences are excused");
    });
  }
});
