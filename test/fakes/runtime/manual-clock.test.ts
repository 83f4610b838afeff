import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "./manual-clock.ts";

const seconds = (count: number): Temporal.Duration => Temporal.Duration.from({ seconds: count });

test("time stands still until it is moved", async () => {
  const clock = createManualClock();
  const before = clock.now();
  await clock.advance({ seconds: 90 });
  assert.equal(clock.now().since(before).total("seconds"), 90);
  assert.equal(clock.monotonicMs(), 90_000);
});

test("what falls due runs in the order of its time, and sees that time", async () => {
  const clock = createManualClock();
  const ran: string[] = [];
  for (const at of [3, 1, 2])
    clock.after(seconds(at), () => ran.push(`${at}@${clock.monotonicMs()}`));
  await clock.advance({ seconds: 2 });
  assert.deepEqual(ran, ["1@1000", "2@2000"]);
  assert.equal(clock.timerCount(), 1);
});

test("a timer set by a timer runs in the same advance when it falls due within it", async () => {
  const clock = createManualClock();
  let ran = 0;
  clock.after(seconds(1), () => clock.after(seconds(1), () => ran++));
  await clock.advance({ seconds: 2 });
  assert.equal(ran, 1);
});

test("a cancelled timer does not run, an aborted sleep ends with the reason and leaves no timer", async () => {
  const clock = createManualClock();
  clock.after(seconds(1), () => assert.fail("ran"))();
  const stop = new AbortController();
  const sleeping = clock.sleep(seconds(1), stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
  assert.equal(clock.timerCount(), 0);
  await clock.advance({ seconds: 2 });
});

test("a test can wait until somebody waits", async () => {
  const clock = createManualClock();
  const waiting = clock.timerSet();
  const sleeping = clock.sleep(seconds(5));
  await waiting;
  await clock.advance({ seconds: 5 });
  await sleeping;
});
