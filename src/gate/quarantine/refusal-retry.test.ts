import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";
import { retryRefusals } from "./refusal-retry.ts";

const inUse =
  "Error adding/updating listener(s) http: cannot bind '0.0.0.0:80': Address already in use";

function verdict(name: string, message: string): Verdict {
  return { type: "listener", name, envoy: "1.40.0", version: "1", message, keeps: false };
}

/** Seconds from the verdict at which each name is offered again, within `seconds`. */
async function retriesWithin(
  seconds: number,
  verdicts: readonly Verdict[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const clock = createManualClock();
  const retried: Record<string, readonly number[]> = {};
  const stop = retryRefusals(clock, {
    verdicts: () => verdicts,
    retry: (_, names) => {
      for (const name of names) {
        retried[name] = [...(retried[name] ?? []), clock.monotonicMs() / 1000];
      }
    },
    subscribe: () => () => undefined,
  });
  await clock.advance({ seconds });
  stop();
  assert.equal(clock.timerCount(), 0);
  return retried;
}

test("what lies in the machine is tried again soon, what lies in the content later, both more and more seldom", async () => {
  const verdicts = [verdict("http", inUse), verdict("https", "invalid regex '('")];
  assert.deepEqual(await retriesWithin(430, verdicts), {
    http: [5, 15, 35, 75, 155, 315],
    https: [60, 180, 420],
  });
});

test("nothing is tried more seldom than once an hour", async () => {
  const { http = [] } = await retriesWithin(40_000, [verdict("http", inUse)]);
  const gaps = http.map((at, index) => at - (http[index - 1] ?? 0));
  assert.equal(Math.max(...gaps), 3600);
});
