import assert from "node:assert/strict";
import { test } from "node:test";
import { pollingPause } from "./polling.ts";

const since = Temporal.Instant.from("2026-01-01T00:00:00Z");

function pauseMs(agedSeconds: number, retryAfter?: Temporal.Duration): number {
  const now = since.add({ milliseconds: agedSeconds * 1000 });
  return pollingPause({ retryAfter, since, now }, 500).total("milliseconds");
}

test("a server that says nothing is asked often at first, and more and more seldom", () => {
  const ages = [0, 30, 60, 600, 1800, 86_400];
  assert.deepEqual(
    ages.map((aged) => pauseMs(aged)),
    [500, 500, 1000, 10_000, 30_000, 30_000],
  );
});

test("a server that says when is asked then, however long it takes", () => {
  assert.equal(pauseMs(86_400, Temporal.Duration.from({ seconds: 3 })), 3000);
  assert.equal(pauseMs(0, Temporal.Duration.from({ minutes: 5 })), 300_000);
  assert.equal(pauseMs(0, Temporal.Duration.from({ seconds: 0 })), 50);
});

test("a clock that was set back does not have it asked less often", () => {
  assert.equal(pauseMs(-86_400), 500);
});
