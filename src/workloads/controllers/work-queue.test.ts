import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "#store/object-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { WorkQueue } from "./work-queue.ts";

test("a key added many times before its turn is worked on once, in the order of addition", async () => {
  const seen: string[] = [];
  const sync = async (key: string): Promise<undefined> => void seen.push(key);
  const queue = new WorkQueue(sync, createManualClock(), silentLog);
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
  await queue.idle();
  assert.deepEqual(seen, ["a", "b", "c"]);
  queue.add("a");
  await queue.idle();
  assert.deepEqual(seen, ["a", "b", "c", "a"]);
});

test("a key added while it is worked on is worked on again", async () => {
  let runs = 0;
  const queue = new WorkQueue(
    async (key) => {
      runs += 1;
      if (runs === 1) queue.add(key);
      return undefined;
    },
    createManualClock(),
    silentLog,
  );
  queue.add("a");
  await queue.idle();
  assert.equal(runs, 2);
});

test("a failure is tried again, later each time; something that is gone is not", async () => {
  const clock = createManualClock();
  const at: number[] = [];
  const queue = new WorkQueue(
    async (key) => {
      if (key === "gone") throw new StoreError("not-found", "gone");
      at.push(clock.monotonicMs());
      if (at.length < 4) throw new StoreError("conflict", "changed meanwhile");
      return undefined;
    },
    clock,
    silentLog,
  );
  queue.add("gone");
  queue.add("a");
  await queue.idle();
  for (let tick = 0; tick < 10; tick++) {
    await clock.advance({ milliseconds: 50 });
    await queue.idle();
  }
  assert.deepEqual(at, [0, 50, 150, 350]);
  assert.equal(clock.timerCount(), 0);
});

test("work asks to be looked at again at a time, and closing forgets that", async () => {
  const clock = createManualClock();
  let runs = 0;
  const queue = new WorkQueue(
    async () => {
      runs += 1;
      return clock.now().add({ seconds: 10 });
    },
    clock,
    silentLog,
  );
  queue.add("a");
  await queue.idle();
  await clock.advance({ seconds: 10 });
  await queue.idle();
  assert.equal(runs, 2);
  await queue.close();
  await clock.advance({ seconds: 10 });
  assert.equal(runs, 2);
});
