/** Two years of certificates under outages, sleep and clocks that are set wrong: none ends while it could have been renewed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { knownLimits } from "#certificates/acme/limits/known-limits.ts";
import type { BucketLimit } from "#certificates/acme/limits/token-bucket.ts";
import {
  type Lives,
  live,
  type Served,
  type Trial,
  type Trouble,
  type TroubleKind,
} from "./certificate-lives.ts";
import { seeded } from "./seeded.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A soak has two years; with fewer runs, for a command of few minutes, they are shorter, too. */
const runs = Number(process.env["SEKISHO_PROPERTY_RUNS"] ?? 1000);
const share = runs < 1000 ? runs / 2000 : 1;
const spanMs = 730 * dayMs * share;
const mostTroubles = Math.max(3, Math.ceil(12 * share));

const hours = { quarter: 90 * 24, half: 45 * 24, week: 160 };

/** Further off nothing is ordered. */
const mostSkewMs = 5 * minuteMs;

const trouble: fc.Arbitrary<Trouble> = fc
  .record({
    fromMs: fc.integer({ min: 0, max: spanMs }),
    lastsMs: fc.oneof(
      fc.integer({ min: minuteMs, max: hourMs }),
      fc.integer({ min: hourMs, max: dayMs }),
      fc.integer({ min: dayMs, max: 6 * dayMs }),
    ),
    kind: fc.constantFrom<TroubleKind>("silent", "down", "busy", "refusing", "asleep", "wrong"),
    wrong: fc.tuple(
      fc.integer({ min: -400, max: 400 }),
      fc.constantFrom(10_000, minuteMs, hourMs, dayMs),
    ),
  })
  .map(({ fromMs, lastsMs, kind, wrong: [count, unitMs] }) => ({
    ...{ fromMs, kind, lastsMs, wrongByMs: count * unitMs },
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

function judgeServed(
  served: readonly Served[],
  { troubles, endMs }: Pick<Trial, "troubles" | "endMs">,
): void {
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

/** What was not hindered by any trouble has to be there in time. */
function judge(lives: Lives, names: readonly string[], { troubles, endMs }: Trial): void {
  const hindrances = troubles.filter(
    ({ kind, wrongByMs }) => kind !== "wrong" || Math.abs(wrongByMs) > mostSkewMs - minuteMs,
  );
  for (const name of names) {
    const served = lives.served.get(name) ?? [];
    assert.ok(served.length > 0 || !wasWell(0, endMs, hourMs, hindrances), `${name}: none`);
    judgeServed(served, { troubles: hindrances, endMs });
  }
  judgeOrders(lives);
}

test("over two years no certificate ends that could have been renewed, and no limit of the server is broken", async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: mostTroubles }), async (drawn) => {
      const troubles = drawn.toSorted((one, other) => one.fromMs - other.fromMs);
      const trial: Trial = { troubles, endMs: spanMs };
      judge(await live(context, hours, trial), Object.keys(hours), trial);
    }),
    { ...seeded(context, 0.003), endOnFailure: true },
  );
});

test("a server that refused from when a certificate fell due gives one in the time that is left of it", async (context) => {
  // Nine hours before the end it refuses no more: an hour more than is enough.
  const fromMs = 105 * hourMs;
  const troubles: readonly Trouble[] = [
    { kind: "refusing", fromMs, lastsMs: (159 - 9) * hourMs - fromMs, wrongByMs: 0 },
  ];
  const { week } = hours;
  const trial: Trial = { troubles, endMs: 8 * dayMs };
  const lives = await live(context, { week }, trial);
  judge(lives, ["week"], trial);
  assert.equal(lives.served.get("week")?.length, 2);
});

test("a certificate that ended while all was well is found, and so is an order too many", () => {
  const served = [
    { fromMs: 0, notBeforeMs: 0, notAfterMs: 160 * hourMs },
    { fromMs: 170 * hourMs, notBeforeMs: 170 * hourMs, notAfterMs: 330 * hourMs },
  ];
  const endMs = 12 * dayMs;
  assert.throws(
    () => judgeServed(served, { troubles: [], endMs }),
    /was due at .*, renewed at 7\.083 d/,
  );
  const lastsMs = 54 * hourMs;
  const down: Trouble = { kind: "down", fromMs: 106 * hourMs, lastsMs, wrongByMs: 0 };
  judgeServed(served, { troubles: [down], endMs });
  const orders = Array.from({ length: 6 }, () => ({ atMs: 0, name: "week" }));
  assert.throws(() => judgeOrders({ served: new Map(), orders }), /-1 tokens/);
});
