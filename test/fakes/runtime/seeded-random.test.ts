import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeededRandom } from "./seeded-random.ts";

test("the same seed gives the same values, another seed gives others", () => {
  const take = (seed: number): readonly unknown[] => {
    const random = createSeededRandom(seed);
    return [random.uuid(), random.fraction(), [...random.bytes(8)]];
  };
  assert.deepEqual(take(1), take(1));
  assert.notDeepEqual(take(1), take(2));
});

test("what is called a UUID is one of version 4, and no two are alike", () => {
  const random = createSeededRandom(7);
  const uuids = Array.from({ length: 1_000 }, () => random.uuid());
  for (const uuid of uuids) {
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assert.equal(new Set(uuids).size, uuids.length);
});

test("fractions lie in [0, 1) and fill it", () => {
  const random = createSeededRandom(3);
  const fractions = Array.from({ length: 1_000 }, () => random.fraction());
  assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  assert.ok(Math.min(...fractions) < 0.1 && Math.max(...fractions) > 0.9);
});
