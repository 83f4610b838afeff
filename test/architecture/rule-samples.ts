/** Shows for each architecture rule bad samples that it reports and a good one that it lets pass. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sources } from "./sources.ts";

/** Path → text. */
export type Files = Readonly<Record<string, string>>;

/** Files that break a rule exactly once, and how the rule says so. */
export type BadSample = readonly [files: Files, breach: string];

export interface RuleSamples {
  readonly find: (sources: Sources) => readonly string[];
  readonly bad: readonly BadSample[];
  readonly good: Files;
}

/** Declares the tests of several rules, by the name of the rule. */
export function testRules(samples: Readonly<Record<string, RuleSamples>>): void {
  for (const [rule, { find, bad, good }] of Object.entries(samples)) {
    for (const [files, breach] of bad) {
      test(`${rule}: a bad sample is reported as "${breach}"`, () => {
        assert.deepEqual(find(new Map(Object.entries(files))), [breach]);
      });
    }
    test(`${rule}: the good sample passes`, () => {
      assert.deepEqual(find(new Map(Object.entries(good))), []);
    });
  }
}
