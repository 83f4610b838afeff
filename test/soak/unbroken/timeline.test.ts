import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "./timeline.ts";

const allowed = (timeline: Timeline, sent: number, answered = sent): readonly string[] => [
  ...timeline.allowed(sent, answered),
];

test("for a second after a change both answers are right, then the new one alone", () => {
  const timeline = new Timeline("a");
  timeline.change("b", 1000, true);
  assert.deepEqual(allowed(timeline, 999), ["a"]);
  assert.deepEqual(allowed(timeline, 1500), ["a", "b"]);
  assert.deepEqual(allowed(timeline, 2001), ["b"]);
});

test("a request that was under way at a change may have either answer", () => {
  const timeline = new Timeline("a");
  timeline.change("b", 1000, true);
  assert.deepEqual(allowed(timeline, 500, 1100), ["a", "b"]);
});

test("while the control plane is dead the old answer stays right, and for a second after it is back", () => {
  const timeline = new Timeline("a");
  timeline.change("b", 1000, false);
  assert.deepEqual(allowed(timeline, 9000), ["a", "b"]);
  timeline.revived(10_000);
  assert.deepEqual(allowed(timeline, 11_001), ["b"]);
});

test("a change just before the control plane died may take until it is back", () => {
  const timeline = new Timeline("a");
  timeline.change("b", 1000, true);
  timeline.died(1500);
  assert.deepEqual(allowed(timeline, 5000), ["a", "b"]);
});
