import assert from "node:assert/strict";
import { test } from "node:test";
import { createTicketSeed, ticketKey } from "#crypto/ticket-key.ts";
import { ticketLifetime } from "#envoy/secret-source.ts";
import {
  formatSeeds,
  parseSeeds,
  sealingFirst,
  successorDue,
  type TicketSeed,
  usable,
} from "./ticket-seeds.ts";

const start = Temporal.Instant.from("2026-01-01T00:00:00Z");
const hour = { hours: 1 };

function madeAfter(hours: number): TicketSeed {
  return { madeAt: start.add({ hours }), seed: createTicketSeed() };
}

/** What a replica holds that looks every ten minutes for so long. */
function* life(hours: number): Generator<{
  readonly now: Temporal.Instant;
  readonly seeds: readonly TicketSeed[];
}> {
  let seeds: readonly TicketSeed[] = [];
  for (let minutes = 0; minutes < hours * 60; minutes += 10) {
    const now = start.add({ minutes });
    if (Temporal.Instant.compare(successorDue(seeds, now), now) <= 0)
      seeds = usable([{ madeAt: now, seed: createTicketSeed() }, ...seeds], now);
    yield { now, seeds };
  }
}

test("a ticket opens as long as it is good, and no longer than a day and a half after its seed was made anew", () => {
  const sealed: { readonly at: Temporal.Instant; readonly by: unknown }[] = [];
  const lastSealed = new Map<unknown, Temporal.Instant>();
  for (const { now, seeds } of life(24 * 4)) {
    const order = sealingFirst(seeds, now);
    assert.ok(order.length <= 4);
    const [by] = order;
    if (now.epochMilliseconds % 3_600_000 === 0) sealed.push({ at: now, by });
    lastSealed.set(by, now);
    for (const one of sealed) {
      const isGood = Temporal.Instant.compare(one.at.add(ticketLifetime), now) > 0;
      if (isGood) assert.ok(order.some((seed) => seed === one.by));
    }
    for (const seed of order.slice(1)) {
      const last = lastSealed.get(seed);
      if (last !== undefined) assert.ok(last.until(now).total("hours") <= 24.5);
    }
  }
  assert.equal(lastSealed.size, 8);
});

test("every proxy has a seed for an hour before any seals with it", () => {
  const seenAt = new Map<unknown, Temporal.Instant>();
  for (const { now, seeds } of life(48)) {
    const order = sealingFirst(seeds, now);
    for (const seed of order) if (!seenAt.has(seed)) seenAt.set(seed, now);
    const [sealing] = order;
    const seen = seenAt.get(sealing);
    assert.ok(seen);
    if (seen.epochMilliseconds !== start.epochMilliseconds)
      assert.ok(Temporal.Instant.compare(seen.add(hour), now) <= 0);
  }
});

test("a seed that sealed while nobody made another opens for a day more", () => {
  const [old, next] = [madeAfter(0), madeAfter(24 * 30)];
  const back = next.madeAt;
  assert.deepEqual(sealingFirst([next, old], back), [old.seed, next.seed]);
  assert.deepEqual(sealingFirst([next, old], back.add({ hours: 2 })), [next.seed, old.seed]);
  assert.deepEqual(sealingFirst([next, old], back.add({ hours: 25 })), [next.seed]);
});

test("a seed from the future holds up nothing", () => {
  const seeds = [madeAfter(24 * 365)];
  assert.deepEqual(usable(seeds, start), []);
  assert.deepEqual(successorDue(seeds, start), start);
});

test("seeds are stored as text, and what is no seed is left out", () => {
  const seeds = [madeAfter(12), madeAfter(0)];
  const text = formatSeeds(seeds);
  const read = parseSeeds(`${text}2026-01-01T00:00:00Z c2hvcnQ=\nnonsense\n\n`);
  assert.deepEqual(
    read.map(({ madeAt, seed }) => [String(madeAt), Buffer.from(seed.reveal())]),
    seeds.map(({ madeAt, seed }) => [String(madeAt), Buffer.from(seed.reveal())]),
  );
});

test("a key is for one purpose, and the same wherever it is made", () => {
  const seed = createTicketSeed();
  const keys = ["default/a", "default/b"].map((purpose) =>
    Buffer.from(ticketKey(seed, purpose).reveal()),
  );
  assert.deepEqual(keys[0], Buffer.from(ticketKey(seed, "default/a").reveal()));
  assert.notDeepEqual(keys[0], keys[1]);
  assert.equal(keys[0]?.length, 80);
});
