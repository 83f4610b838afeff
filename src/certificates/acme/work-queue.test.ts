import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StoreError } from "#store/object-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { again, done, type Reconciled } from "./reconciled.ts";
import { WorkQueue } from "./work-queue.ts";

/** A queue whose work ends as the list says, one after another; `runs` are the moments in seconds. */
function start(...outcomes: readonly (Reconciled | Error)[]): {
  readonly queue: WorkQueue;
  readonly runs: readonly number[];
  readonly pass: (seconds: number) => Promise<void>;
} {
  const clock = createManualClock();
  const runs: number[] = [];
  const queue = new WorkQueue(
    { clock, log: silentLog },
    {
      atOnce: 1,
      work: async () => {
        const outcome = outcomes[runs.length] ?? done;
        runs.push(clock.monotonicMs() / 1000);
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    },
  );
  const pass = async (seconds: number): Promise<void> => {
    await turn();
    for (let step = 0; step < seconds * 20; step++) {
      await clock.advance({ milliseconds: 50 });
      await turn();
    }
  };
  return { queue, runs, pass };
}

const outage = (retryAfter?: Temporal.Duration): Reconciled => ({
  kind: "outage",
  retryAfter,
  reason: "down",
});

test("what is to be looked at again is, then, or as soon as it changes", async () => {
  const { queue, runs, pass } = start(
    again({ seconds: 5 }, "later"),
    again({ seconds: 60 }, "later"),
  );
  queue.add("a");
  await pass(7);
  queue.add("a");
  await pass(60);
  assert.deepEqual(runs, [0, 5, 7]);
});

test("during an outage it is tried less and less often, and what changes meanwhile makes no difference", async () => {
  const { queue, runs, pass } = start(outage(), outage(), outage(), done);
  queue.add("a");
  await pass(0);
  for (let second = 0; second < 20; second++) {
    queue.add("a");
    await pass(1);
  }
  assert.deepEqual(runs.slice(0, 4), [0, 1, 3, 7]);
});

test("a server that wants to be left alone is, for as long as it says", async () => {
  const { queue, runs, pass } = start(outage(Temporal.Duration.from({ seconds: 30 })), done);
  queue.add("a");
  await pass(0);
  queue.add("a");
  await pass(60);
  assert.deepEqual(runs, [0, 30]);
});

test("what somebody else wrote first is tried again at once, any other failure after a while", async () => {
  const { queue, runs, pass } = start(
    new StoreError("conflict", "later"),
    new Error("a bug"),
    done,
  );
  queue.add("a");
  await pass(10);
  assert.deepEqual(runs, [0, 0.05, 1.05]);
});

test("a queue that was stopped begins nothing more", async () => {
  const { queue, runs, pass } = start(again({ seconds: 1 }, "later"));
  queue.add("a");
  await pass(0);
  await queue.stop();
  queue.add("a");
  await pass(10);
  assert.deepEqual(runs, [0]);
});
