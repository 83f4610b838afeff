import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Random } from "#runtime/random.ts";
import { createBackOff } from "./back-off.ts";

const random = (fraction: number): Random => ({
  bytes: (length) => new Uint8Array(length),
  uuid: () => "00000000-0000-4000-8000-000000000000",
  fraction: () => fraction,
});

const seconds = (waits: readonly Temporal.Duration[]): readonly number[] =>
  waits.map((wait) => wait.total("seconds"));

test("waits double from one second to thirty", () => {
  const backOff = createBackOff(random(0));
  const waits = Array.from({ length: 8 }, () => backOff.next(10));
  assert.deepEqual(seconds(waits), [1, 2, 4, 8, 16, 30, 30, 30]);
});

test("a stable run starts the series anew", () => {
  const backOff = createBackOff(random(0));
  assert.deepEqual(seconds([backOff.next(0), backOff.next(0), backOff.next(60_000)]), [1, 2, 1]);
  assert.deepEqual(seconds([backOff.next(59_999)]), [2]);
});

test("chance shortens a wait by a fifth at most and never makes it longer", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ranMs: fc.nat(100_000),
          chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
        }),
      ),
      (runs) => {
        const plain = createBackOff(random(0));
        let chance = 0;
        const spread = createBackOff({ ...random(0), fraction: () => chance });
        for (const run of runs) {
          chance = run.chance;
          const full = plain.next(run.ranMs).total("milliseconds");
          const wait = spread.next(run.ranMs).total("milliseconds");
          assert.ok(wait <= full && wait >= full * 0.8 - 1, `${wait} of ${full}`);
        }
      },
    ),
  );
});
