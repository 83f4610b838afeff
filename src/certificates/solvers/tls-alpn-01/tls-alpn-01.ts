/**
 * TLS-ALPN-01 (RFC 8737): every proxy answers handshakes of `acme-tls/1` for the name before the authority is told. The filter
 * chain is there as soon as the Challenge is worked on and goes with it; here it is only waited for.
 */

import { sha256 } from "#base/sha256.ts";
import type { ChallengeToSolve, Solver, SolverOutcome } from "../solver.ts";
import type { SolverHandshakes } from "./handshakes.ts";

const lookAgain = Temporal.Duration.from({ seconds: 1 });

/** The solver over the proxies that we serve. */
export function createTlsAlpn01Solver(handshakes: SolverHandshakes): Solver {
  const present = async (
    { dnsName, key }: ChallengeToSolve,
    signal: AbortSignal,
  ): Promise<SolverOutcome> => {
    const answer = { host: dnsName.toLowerCase(), digest: sha256(Buffer.from(key)) };
    if (!(await handshakes.answered(answer, signal))) {
      const message = `not every proxy answers handshakes for ${dnsName} yet`;
      return { kind: "pending", message, retryAfter: lookAgain };
    }
    const obstacle = handshakes.obstacle();
    return obstacle === undefined ? { kind: "done" } : { kind: "done", notice: obstacle };
  };
  return {
    type: "tls-alpn-01",
    present,
    // A proxy that came in between has the filter chain before it serves anything.
    check: () => Promise.resolve({ kind: "done" }),
    cleanUp: () => Promise.resolve({ kind: "done" }),
  };
}
