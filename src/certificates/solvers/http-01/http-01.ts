/**
 * HTTP-01 (RFC 8555 §8.3): every proxy answers for the name before the authority is told. The route is there as soon as the
 * Challenge is worked on and goes with it; here it is only waited for.
 */

import type { ChallengeToSolve, Solver, SolverOutcome } from "../solver.ts";
import type { SolverRoutes } from "./solver-routes.ts";

const lookAgain = Temporal.Duration.from({ seconds: 1 });

/** The solver over the proxies that we serve. */
export function createHttp01Solver(routes: SolverRoutes): Solver {
  const present = async (
    { dnsName, token }: ChallengeToSolve,
    signal: AbortSignal,
  ): Promise<SolverOutcome> => {
    if (!(await routes.answered({ host: dnsName, token }, signal))) {
      const message = `not every proxy answers for ${dnsName} yet`;
      return { kind: "pending", message, retryAfter: lookAgain };
    }
    const obstacle = routes.obstacle();
    return obstacle === undefined ? { kind: "done" } : { kind: "done", notice: obstacle };
  };
  return {
    type: "http-01",
    present,
    // A proxy that came in between has the route before it serves anything.
    check: () => Promise.resolve({ kind: "done" }),
    cleanUp: () => Promise.resolve({ kind: "done" }),
  };
}
