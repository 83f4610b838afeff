import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, formatSpread, latencyOf, percentile, spreadOf } from "./statistics.ts";

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

test("a percentile is a sample that was seen, at the nearest rank", () => {
  assert.equal(percentile(oneToHundred, 0.5), 50);
  assert.equal(percentile(oneToHundred, 0.99), 99);
  assert.equal(percentile(oneToHundred, 1), 100);
  assert.equal(percentile([7], 0.01), 7);
});

test("without samples there is no number", () => {
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.equal(formatSpread(spreadOf([])), "–");
});

test("the median of runs is the middle one, or the mean of the two in the middle", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3, runs: 3 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4, runs: 4 });
});

test("latencies keep their tail", () => {
  assert.deepEqual(latencyOf(oneToHundred), { p50: 50, p90: 90, p99: 99, max: 100, samples: 100 });
});

test("numbers are shown with three digits that count", () => {
  const shown = [0.12345, 1.2345, 12.345, 123.45, 1234.5, 0, 0.00044].map(formatNumber);
  assert.deepEqual(shown, ["0.123", "1.23", "12.3", "123", "1,235", "0", "0"]);
});

test("a spread of runs is shown with its ends, a single run alone", () => {
  assert.equal(formatSpread(spreadOf([3, 1, 2])), "2 [1..3]");
  assert.equal(formatSpread(spreadOf([1.5])), "1.5");
});
