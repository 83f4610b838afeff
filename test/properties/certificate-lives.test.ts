/** Two years of certificates under outages, sleep and clocks that are set wrong: none ends while it could have been renewed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { knownLimits } from "#certificates/acme/limits/known-limits.ts";
import type { BucketLimit } from "#certificates/acme/limits/token-bucket.ts";
import { type Lives, live, type Served, type Trouble } from "./certificate-lives.ts";
import { seeded } from "./seeded.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const endMs = 730 * dayMs;

const hours = { quarter: 90 * 24, half: 45 * 24, week: 160 };

/** Further off nothing is ordered. */
const mostSkewMs = 5 * minuteMs;

const trouble: fc.Arbitrary<Trouble> = fc
  .record({
    fromMs: fc.integer({ min: 0, max: endMs }),
    lasts: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom(minuteMs, hourMs, dayMs)),
    kind: fc.constantFrom<Trouble["kind"]>("silent", "down", "busy", "asleep", "wrong"),
    wrong: fc.tuple(
      fc.integer({ min: -400, max: 400 }),
      fc.constantFrom(10_000, minuteMs, hourMs, dayMs),
    ),
  })
  .map(({ fromMs, lasts: [count, unitMs], kind, wrong }) => ({
    ...{ fromMs, kind, lastsMs: count * unitMs, wrongByMs: wrong[0] * wrong[1] },
  }));

/** Whether everything went well for so long at a stretch between two moments. */
function wasWell(
  fromMs: number,
  toMs: number,
  spanMs: number,
  troubles: readonly Trouble[],
): boolean {
  let sinceMs = fromMs;
  for (const { fromMs: begins, lastsMs } of troubles) {
    if (Math.min(begins, toMs) - sinceMs >= spanMs) return true;
    sinceMs = Math.max(sinceMs, begins + lastsMs);
  }
  return toMs - sinceMs >= spanMs;
}

function judgeServed(served: readonly Served[], troubles: readonly Trouble[]): void {
  const told = (ms: number): string => `${(ms / dayMs).toFixed(3)} d`;
  for (const [index, { notBeforeMs, notAfterMs }] of served.entries()) {
    const lifeMs = notAfterMs - notBeforeMs;
    const nextMs = served[index + 1]?.fromMs ?? endMs;
    if (nextMs < notAfterMs) continue;
    const dueMs = notAfterMs - lifeMs / 3;
    const enoughMs = Math.max(hourMs, lifeMs / 20);
    const what = `was due at ${told(dueMs)}, ended at ${told(notAfterMs)}, renewed at ${told(nextMs)}`;
    assert.ok(!wasWell(dueMs, notAfterMs, enoughMs, troubles), what);
  }
}

/** A server's own count: a bucket from which each order takes a token. */
function judgeLimit(times: readonly number[], { count, refillMs }: BucketLimit): void {
  let [tokens, lastMs] = [count, 0];
  for (const atMs of times) {
    tokens = Math.min(count, tokens + (atMs - lastMs) / refillMs) - 1;
    lastMs = atMs;
    assert.ok(tokens > -0.01, `${tokens} tokens at ${atMs}`);
  }
}

function judgeOrders({ orders }: Lives): void {
  const limits = knownLimits("https://acme-v02.api.letsencrypt.org/directory");
  const times = orders.map(({ atMs }) => atMs);
  for (const limit of [limits.orders, limits.domain])
    if (limit !== undefined) judgeLimit(times, limit);
  for (const name of Object.keys(hours)) {
    const own = orders.filter((order) => order.name.startsWith(name)).map(({ atMs }) => atMs);
    if (limits.sameNames !== undefined) judgeLimit(own, limits.sameNames);
  }
}

test("over two years no certificate ends that could have been renewed, and no limit of the server is broken", async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 60 }), async (drawn) => {
      const troubles = drawn.toSorted((one, other) => one.fromMs - other.fromMs);
      const lives = await live(context, hours, { troubles, endMs });
      const hindrances = troubles.filter(
        ({ kind, wrongByMs }) => kind !== "wrong" || Math.abs(wrongByMs) > mostSkewMs - minuteMs,
      );
      for (const name of Object.keys(hours)) {
        const served = lives.served.get(name) ?? [];
        assert.ok(served.length > 0 || !wasWell(0, endMs, hourMs, hindrances), `${name}: none`);
        judgeServed(served, hindrances);
      }
      judgeOrders(lives);
    }),
    { ...seeded(context, 0.005), endOnFailure: true },
  );
});
