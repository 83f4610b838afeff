import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartBackoff } from "./restart-backoff.ts";

test("the wait before a restart is 0, 10 s, doubles to 5 min, and starts over after a run of 10 min", () => {
  const backoff = new RestartBackoff();
  const seconds = Array.from({ length: 8 }, () => backoff.next(1000).total("seconds"));
  assert.deepEqual(seconds, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backoff.next(600_000).total("seconds"), 0);
  assert.equal(backoff.next(1000).total("seconds"), 10);
});
