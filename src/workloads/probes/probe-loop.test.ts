import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { watchProbe } from "./probe-loop.ts";

/** Runs a probe whose tries give `answers` in turn; the verdicts with the second at which they came. */
async function verdicts(
  answers: readonly boolean[],
  probe: Parameters<typeof watchProbe>[0]["probe"],
  eager = false,
): Promise<readonly (readonly [number, boolean])[]> {
  const clock = createManualClock();
  const over = new AbortController();
  const seen: (readonly [number, boolean])[] = [];
  const left = [...answers];
  const check = async (): Promise<boolean> => {
    const answer = left.shift();
    if (answer === undefined) over.abort();
    return answer ?? false;
  };
  const verdict = (healthy: boolean): void => void seen.push([clock.monotonicMs() / 1000, healthy]);
  const watching = watchProbe({ probe, check, verdict, eager }, clock, over.signal);
  while (!over.signal.aborted) {
    await Promise.race([clock.timerSet(), watching]);
    await clock.advance({ milliseconds: 250 });
  }
  await watching;
  return seen;
}

test("a verdict comes when the threshold is reached, once a series", async () => {
  const answers = [false, false, false, false, true, true, false, false, false];
  assert.deepEqual(await verdicts(answers, {}), [
    [20, false],
    [40, true],
    [80, false],
  ]);
});

test("delay, period and thresholds are the probe's", async () => {
  const probe = {
    initialDelaySeconds: 5,
    periodSeconds: 2,
    successThreshold: 2,
    failureThreshold: 1,
  };
  assert.deepEqual(await verdicts([true, true, false], probe), [
    [7, true],
    [9, false],
  ]);
});

test("an eager probe looks often until the first success, then as asked", async () => {
  const probe = { periodSeconds: 10, failureThreshold: 1 };
  assert.deepEqual(await verdicts([false, true, false], probe, true), [
    [0, false],
    [0.25, true],
    [10.25, false],
  ]);
});
