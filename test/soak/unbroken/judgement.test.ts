import assert from "node:assert/strict";
import { test } from "node:test";
import { Judgement, type Verdict } from "./judgement.ts";
import { Timeline } from "./timeline.ts";

/** Answers to a request sent that long after a change from a to b, judged where programs waited for so long of that time. */
function judge(answer: string, sentMs: number, waited: number): Verdict {
  const timeline = new Timeline("a");
  timeline.change("b", 0, true);
  const judgement = new Judgement();
  judgement.judge(timeline, { answer, sentMs, answeredMs: sentMs, asked: "x" });
  return judgement.end({
    waitedMs: (fromMs, toMs) => {
      assert.deepEqual([fromMs, toMs], [0, sentMs]);
      return waited;
    },
  });
}

test("the former answer after more than a second is wrong, and told with how late it was", () => {
  const { wrong, wrongCount, starved } = judge("a", 1300, 299);
  assert.deepEqual([wrongCount, starved], [1, 0]);
  assert.match(wrong[0] ?? "", /late by 300 ms; of 1300 ms .* waited for a processor for 299/);
});

test("it is told apart where the programs waited for a processor for as long as it was late", () => {
  assert.deepEqual(judge("a", 1300, 300), {
    ...{ wrong: [], wrongCount: 0 },
    ...{ starved: 1, starvedMs: 300 },
  });
});

test("no waiting excuses an answer that was never right", () => {
  assert.equal(judge("c", 1300, 1300).wrongCount, 1);
  assert.equal(judge("no answer: ECONNRESET", 1300, 1300).wrongCount, 1);
});

test("the new answer and the former one within a second are right", () => {
  const right: Verdict = { wrong: [], wrongCount: 0, starved: 0, starvedMs: 0 };
  assert.deepEqual(judge("b", 1300, 0), right);
  assert.deepEqual(judge("a", 900, 0), right);
});
