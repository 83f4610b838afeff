/** What every solver of challenges promises, as tests: called with each of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChallengeToSolve, Solver } from "./solver.ts";

export interface SolverUnderContract {
  readonly solver: Solver;
  readonly challenge: ChallengeToSolve;
  /** Has what it works with do its part, or not. */
  readonly turn: (isWell: boolean) => void;
}

const never = new AbortController().signal;

/** Registers the suite; `open` makes a solver, and what it works with, which is well. */
export function solverContract(type: string, open: () => SolverUnderContract): void {
  test(`${type}: a challenge is presented, looked for and cleaned up, each as often as one likes`, async () => {
    const { solver, challenge } = open();
    assert.equal(solver.type, type);
    for (const step of ["present", "check", "cleanUp"] as const)
      for (let time = 0; time < 2; time++)
        assert.equal((await solver[step](challenge, never)).kind, "done", step);
  });
  test(`${type}: what was never presented is cleaned up`, async () => {
    const { solver, challenge } = open();
    assert.equal((await solver.cleanUp(challenge, never)).kind, "done");
  });
  test(`${type}: while it cannot be presented that is said, with when to try again, and then it is`, async () => {
    const { solver, challenge, turn } = open();
    turn(false);
    const outcome = await solver.present(challenge, never);
    assert.ok(outcome.kind === "pending", JSON.stringify(outcome));
    assert.notEqual(outcome.message, "");
    assert.ok(outcome.retryAfter.total("milliseconds") >= 1000);
    turn(true);
    assert.equal((await solver.present(challenge, never)).kind, "done");
  });
}
