import assert from "node:assert/strict";
import { test } from "node:test";
import { type Comparison, shareOf } from "./load-runs.ts";

/** The machine is half as fast in the second round, and one run of the third was disturbed. */
const drifting: Comparison = {
  mode: "HTTPS",
  rounds: [
    { ours: 50, byHand: 49 },
    { ours: 100, byHand: 98 },
    { ours: 90, byHand: 50 },
  ].map((costs) => new Map(Object.entries(costs))),
};

test("a share is taken within each round, so that neither drift nor one disturbed run decides", () => {
  const share = shareOf(drifting, "byHand", "ours");
  assert.deepEqual([share?.median, share?.max, share?.runs], [0.98, 0.98, 3]);
});

test("there is no share of what was not measured", () => {
  assert.equal(shareOf(drifting, "nginx", "ours"), undefined);
});
