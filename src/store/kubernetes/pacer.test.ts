import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { Pacer, type Priority } from "./pacer.ts";

const forever = new AbortController().signal;

interface Run {
  readonly clock: ReturnType<typeof createManualClock>;
  readonly pacer: Pacer;
  /** Who was let in, in order. */
  readonly entered: string[];
  readonly enter: (name: string, priority: Priority, signal?: AbortSignal) => Promise<() => void>;
}

function run(perSecond: number, burst: number, underWay: number): Run {
  const clock = createManualClock();
  const pacer = new Pacer(clock, { perSecond, burst, underWay });
  const entered: string[] = [];
  const enter: Run["enter"] = async (name, priority, signal = forever) => {
    const leave = await pacer.enter(priority, signal);
    entered.push(name);
    return leave;
  };
  return { clock, pacer, entered, enter };
}

async function settle(): Promise<void> {
  await createClock().sleep(new Temporal.Duration());
}

test("a burst goes at once, the rest at the pace", async () => {
  const { clock, entered, enter } = run(10, 4, 100);
  for (let index = 0; index < 8; index++) void enter(`${index}`, "normal");
  await settle();
  assert.equal(entered.length, 4);
  await clock.advance({ milliseconds: 200 });
  await settle();
  assert.equal(entered.length, 6);
  await clock.advance({ milliseconds: 200 });
  await settle();
  assert.deepEqual(entered, ["0", "1", "2", "3", "4", "5", "6", "7"]);
});

test("background work leaves a quarter of the bucket to the rest, and comes behind it", async () => {
  const { clock, entered, enter } = run(10, 4, 100);
  for (let index = 0; index < 4; index++) void enter("background", "background");
  void enter("normal", "normal");
  await settle();
  assert.deepEqual(entered, ["background", "background", "background", "normal"]);
  await clock.advance({ seconds: 1 });
  await settle();
  assert.equal(entered.length, 5);
});

test("no more are under way than allowed; the end of one lets in the next", async () => {
  const { entered, enter } = run(100, 100, 2);
  const first = enter("first", "normal");
  void enter("second", "normal");
  void enter("third", "normal");
  await settle();
  assert.deepEqual(entered, ["first", "second"]);
  (await first)();
  await settle();
  assert.deepEqual(entered, ["first", "second", "third"]);
});

test("a server that asked for silence has it, but for what is urgent", async () => {
  const { clock, pacer, entered, enter } = run(10, 4, 100);
  pacer.silence(Temporal.Duration.from({ seconds: 5 }));
  void enter("normal", "normal");
  void enter("urgent", "urgent");
  await clock.advance({ seconds: 4 });
  await settle();
  assert.deepEqual(entered, ["urgent"]);
  await clock.advance({ seconds: 1 });
  await settle();
  assert.deepEqual(entered, ["urgent", "normal"]);
});

test("who gives up while waiting takes nobody's place", async () => {
  const { clock, entered, enter } = run(10, 1, 100);
  const stop = new AbortController();
  void enter("first", "normal");
  const given = enter("given up", "normal", stop.signal);
  void enter("last", "normal");
  stop.abort(new Error("no more"));
  await assert.rejects(given, /no more/);
  await clock.advance({ milliseconds: 100 });
  await settle();
  assert.deepEqual(entered, ["first", "last"]);
});
