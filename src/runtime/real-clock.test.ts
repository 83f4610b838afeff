import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "./real-clock.ts";

const clock = createClock();
const ms = (milliseconds: number): Temporal.Duration => Temporal.Duration.from({ milliseconds });

test("the monotonic clock never goes back", () => {
  const readings = Array.from({ length: 1_000 }, () => clock.monotonicMs());
  assert.deepEqual(
    readings,
    readings.toSorted((a, b) => a - b),
  );
});

test("a sleep of no length still lets others have their turn", async () => {
  const order: string[] = [];
  const sleeping = clock.sleep(ms(0)).then(() => order.push("slept"));
  await Promise.resolve().then(() => order.push("another"));
  await sleeping;
  assert.deepEqual(order, ["another", "slept"]);
});

test("a sleep that is aborted ends with the signal's reason, also when it was aborted before", async () => {
  const stop = new AbortController();
  const sleeping = clock.sleep(Temporal.Duration.from({ hours: 1 }), stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(clock.sleep(ms(0), stop.signal), reason);
});

test("what was cancelled does not run", async () => {
  let runs = 0;
  for (const wait of [0, 1]) clock.after(ms(wait), () => runs++)();
  await clock.sleep(ms(5));
  assert.equal(runs, 0);
});

test("a wait longer than a timer of Node can count does not end at once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  clock.after(Temporal.Duration.from({ hours: 24 * 60 }), () => runs++);
  const longestTimerMs = 2 ** 31 - 1;
  const restMs = 60 * 24 * 3_600_000 - 2 * longestTimerMs;
  for (const passed of [longestTimerMs, longestTimerMs, restMs - 1])
    context.mock.timers.tick(passed);
  assert.equal(runs, 0);
  context.mock.timers.tick(1);
  assert.equal(runs, 1);
});
