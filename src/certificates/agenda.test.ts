import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { Agenda } from "./agenda.ts";

const minuteMs = 60_000;

/** What falls due is put down with the minute, by the clock that nobody sets. */
function open(): {
  readonly agenda: Agenda;
  readonly clock: ManualClock;
  readonly due: readonly string[];
} {
  const clock = createManualClock();
  const due: string[] = [];
  const agenda = new Agenda(clock, (key) => due.push(`${key} ${clock.monotonicMs() / minuteMs}`));
  return { agenda, clock, due };
}

test("a key is due once, after the span that was set last", async () => {
  const { agenda, clock, due } = open();
  agenda.set("a", 10 * minuteMs);
  agenda.set("a", 20 * minuteMs);
  agenda.set("b", 5 * minuteMs);
  agenda.delete("b");
  await clock.advance({ hours: 2 });
  assert.deepEqual(due, ["a 20"]);
  assert.equal(clock.timerCount(), 0);
});

test("what fell due while the machine slept is due within a minute of its waking", async () => {
  const { agenda, clock, due } = open();
  agenda.set("a", 600 * minuteMs);
  agenda.set("b", 1_200 * minuteMs);
  await clock.advance({ seconds: 90 });
  clock.jump({ minutes: 900 });
  await clock.advance({ hours: 24 });
  assert.deepEqual(due, ["a 2", "b 300"]);
});

test("a clock that is set back makes no wait longer", async () => {
  const { agenda, clock, due } = open();
  agenda.set("a", 10 * minuteMs);
  clock.jump({ hours: -1_000 });
  await clock.advance({ hours: 1 });
  assert.deepEqual(due, ["a 10"]);
});

test("a wait that began while the clock was behind ends when it is set right", async () => {
  const { agenda, clock, due } = open();
  clock.jump({ hours: -1_000 });
  agenda.set("a", 1_001 * 60 * minuteMs);
  clock.jump({ hours: 1_000 });
  await clock.advance({ hours: 2 });
  assert.deepEqual(due, ["a 60"]);
});

test("one that was cleared leaves no timer behind", async () => {
  const { agenda, clock, due } = open();
  agenda.set("a", minuteMs);
  agenda.clear();
  assert.equal(clock.timerCount(), 0);
  await clock.advance({ hours: 1 });
  assert.deepEqual(due, []);
});
