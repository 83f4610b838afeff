import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { type TestContext, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { ProcessorWaits } from "./processor-waits.ts";

const clock = createClock();
const tick = Temporal.Duration.from({ milliseconds: 50 });

async function start(t: TestContext, ...command: readonly [string, ...string[]]): Promise<number> {
  const [program, ...args] = command;
  const child: ChildProcess = spawn(program, args, { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  return child.pid ?? 0;
}

function watch(t: TestContext, pids: readonly number[]): ProcessorWaits {
  const waits = new ProcessorWaits(clock, () => pids);
  t.after(() => waits.stop());
  waits.start();
  return waits;
}

test("programs that want more processors than there are wait, one that wants none does not", async (t) => {
  const sleeper = await start(t, "sleep", "60");
  const eager = Array.from({ length: availableParallelism() + 1 }, () =>
    start(t, "sh", "-c", "while :; do :; done"),
  );
  const began = clock.monotonicMs();
  const busy = watch(t, await Promise.all(eager));
  const idle = watch(t, [sleeper]);
  const isLongEnough = (waits: ProcessorWaits, from: number): boolean =>
    waits.waitedMs(from, clock.monotonicMs()) >= 200;
  while (!isLongEnough(busy, began)) await clock.sleep(tick);
  assert.ok(busy.waitedMs(began, began + 300) <= 300);
  // It may have waited while it began.
  for (let asleep = clock.monotonicMs(); !isLongEnough(busy, asleep); await clock.sleep(tick)) {
    if (idle.waitedMs(asleep, clock.monotonicMs()) > 0) asleep = clock.monotonicMs();
  }
});

test("a program that is gone is waited for no more", async (t) => {
  const gone = spawn("true");
  await once(gone, "exit");
  const waits = watch(t, [gone.pid ?? 0]);
  assert.equal(waits.waitedMs(0, clock.monotonicMs()), 0);
});
