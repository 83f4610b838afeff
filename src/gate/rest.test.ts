import assert from "node:assert/strict";
import { test } from "node:test";
import type { Memory } from "#runtime/memory.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { collectAtRest, restInterval } from "./rest.ts";

const megabyte = 2 ** 20;

/** A process that takes what a test says; a collection leaves 100 MB. */
function createProcess(): {
  readonly memory: Memory;
  readonly state: { resident: number; processor: number; collections: number };
} {
  const state = { resident: 100 * megabyte, processor: 0, collections: 0 };
  const memory: Memory = {
    residentBytes: () => state.resident,
    processorMs: () => state.processor,
    collect: () => {
      state.collections += 1;
      state.resident = 100 * megabyte;
    },
  };
  return { memory, state };
}

test("what has grown is collected at rest, and once", async () => {
  const clock = createManualClock();
  const { memory, state } = createProcess();
  const stop = collectAtRest(clock, memory);
  state.resident = 200 * megabyte;
  await clock.advance(restInterval);
  assert.equal(state.collections, 1);
  await clock.advance({ minutes: 10 });
  assert.equal(state.collections, 1);
  stop();
});

test("nothing is collected while there is work, and as soon as there is none", async () => {
  const clock = createManualClock();
  const { memory, state } = createProcess();
  const stop = collectAtRest(clock, memory);
  state.resident = 200 * megabyte;
  state.processor += 5000;
  await clock.advance(restInterval);
  assert.equal(state.collections, 0);
  await clock.advance(restInterval);
  assert.equal(state.collections, 1);
  stop();
});

test("a little more than before is not worth a collection", async () => {
  const clock = createManualClock();
  const { memory, state } = createProcess();
  const stop = collectAtRest(clock, memory);
  state.resident = 120 * megabyte;
  await clock.advance({ minutes: 10 });
  assert.equal(state.collections, 0);
  stop();
});

test("after the end nothing waits", () => {
  const clock = createManualClock();
  const stop = collectAtRest(clock, createProcess().memory);
  stop();
  assert.equal(clock.timerCount(), 0);
});
