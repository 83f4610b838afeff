/** Two years of renewals under random outages and refusals, by the schedules alone: time passes as they say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seeded } from "#test/properties/seeded.ts";
import { failureBackOffMs, outageBackOffMs } from "./back-off.ts";
import { renewalTime } from "./renewal-time.ts";

const hourMs = 3_600_000;
const endMs = 2 * 365 * 24 * hourMs;

/** A time in which the authority does not sign: it refuses, or nobody answers. */
interface Trouble {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: "refuses" | "silent";
}

function instant(atMs: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs));
}

function dueMs(fromMs: number, lifeMs: number): number {
  const dates = { notBefore: instant(fromMs), notAfter: instant(fromMs + lifeMs) };
  return renewalTime(dates, {}).at?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
}

/** When a renewal that fell due succeeds. */
function renewedMs(due: number, expiryMs: number, troubles: readonly Trouble[]): number {
  let [at, failures, outages] = [due, 0, 0];
  for (;;) {
    const now = at;
    const trouble = troubles.find(({ fromMs, toMs }) => fromMs <= now && now < toMs);
    if (trouble === undefined) return at;
    if (trouble.kind === "silent") at += outageBackOffMs(++outages);
    else {
      outages = 0;
      at += failureBackOffMs(++failures, expiryMs - at);
    }
  }
}

/** Whether the authority signed for so long at a stretch between two moments. */
function wasUp(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  spanMs: number,
  troubles: readonly Trouble[],
): boolean {
  let sinceMs = fromMs;
  for (const trouble of troubles) {
    if (Math.min(trouble.fromMs, toMs) - sinceMs >= spanMs) return true;
    sinceMs = Math.max(sinceMs, trouble.toMs);
  }
  return toMs - sinceMs >= spanMs;
}

for (const lifeHours of [90 * 24, 45 * 24, 160]) {
  test(`a certificate of ${lifeHours} hours never ends while its authority signs for long enough`, (context) => {
    const lifeMs = lifeHours * hourMs;
    const enoughMs = Math.max(hourMs, lifeMs / 20);
    const trouble = fc.record({
      fromMs: fc.integer({ min: 0, max: endMs }),
      lastsMs: fc.integer({ min: 1, max: lifeMs }),
      kind: fc.constantFrom<"refuses" | "silent">("refuses", "silent"),
    });
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 40 }), (drawn) => {
        const troubles = drawn
          .map(({ fromMs, lastsMs, kind }) => ({ fromMs, toMs: fromMs + lastsMs, kind }))
          .sort((one, other) => one.fromMs - other.fromMs);
        for (let at = 0; at < endMs; ) {
          const due = dueMs(at, lifeMs);
          const next = renewedMs(due, at + lifeMs, troubles);
          const hadTime = wasUp({ fromMs: due, toMs: at + lifeMs }, enoughMs, troubles);
          assert.ok(next < at + lifeMs || !hadTime, `ended at ${at + lifeMs}, renewed at ${next}`);
          at = next;
        }
      }),
      seeded(context, 0.2),
    );
  });
}
