import assert from "node:assert/strict";
import { test } from "node:test";
import { failureBackOffMs, outageBackOffMs } from "./back-off.ts";

const hourMs = 3_600_000;

test("a failure is waited for one hour, doubled up to 32, and never more than an eighth of what is left", () => {
  const hours = [1, 2, 3, 4, 5, 6, 7, 99].map((n) => failureBackOffMs(n, undefined) / hourMs);
  assert.deepEqual(hours, [1, 2, 4, 8, 16, 32, 32, 32]);
  assert.equal(failureBackOffMs(6, 30 * 24 * hourMs), 32 * hourMs);
  assert.equal(failureBackOffMs(6, 16 * hourMs), 2 * hourMs);
  assert.equal(failureBackOffMs(1, 60_000), 60_000);
  assert.equal(failureBackOffMs(3, -hourMs), 4 * hourMs);
});

test("an outage is waited for ten seconds, doubled up to ten minutes", () => {
  const seconds = [1, 2, 3, 7, 99].map((n) => outageBackOffMs(n) / 1000);
  assert.deepEqual(seconds, [10, 20, 40, 600, 600]);
});
