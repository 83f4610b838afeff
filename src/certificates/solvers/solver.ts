/** What answers challenges of ACME servers, one plug-in a type of challenge: {@link Solver}. */

import type { SecretBytes } from "#base/secret-bytes.ts";
import type { AcmeSolver } from "#kinds/cert-manager/acme-solver.ts";
import type { SecretKeyRef } from "#kinds/cert-manager/secret-key-ref.ts";
import type { SolverType } from "./solver-choice.ts";

/** All three may be called any number of times, also after a call of which nobody knows how it ended. They do not throw. */
export interface Solver {
  readonly type: SolverType;
  /** Has the CA find what it will look for. */
  readonly present: (challenge: ChallengeToSolve, signal: AbortSignal) => Promise<SolverOutcome>;
  /** Whether the CA would find it now; never waits for it. */
  readonly check: (challenge: ChallengeToSolve, signal: AbortSignal) => Promise<SolverOutcome>;
  /** Has it be found no more. */
  readonly cleanUp: (challenge: ChallengeToSolve, signal: AbortSignal) => Promise<SolverOutcome>;
}

export interface ChallengeToSolve {
  /** The name to be proved, without `*.`. */
  readonly dnsName: string;
  readonly token: string;
  /** The key authorization, or for DNS-01 the value of the record. */
  readonly key: string;
  /** The issuer's own, never the copy in a Challenge: that is written by whoever may write Challenges. */
  readonly solver: AcmeSolver;
  /** Since when it is presented; absent before. */
  readonly presentedAt?: Temporal.Instant;
  readonly issuer: IssuerAccess;
}

/** What a solver may use of an issuer. */
export interface IssuerAccess {
  /** A value of a Secret in {@link credentialsNamespace}; undefined when there is none. */
  readonly secretOf: (reference: SecretKeyRef) => Promise<SecretBytes | undefined>;
  /** That of an Issuer, or for ClusterIssuers the cluster resource namespace. */
  readonly credentialsNamespace: string;
  /** Whether it may use what this process is let in by: ClusterIssuers may. */
  readonly mayUseAmbient: boolean;
}

export type SolverOutcome =
  /** `notice` is for people: what they have to do, or what was left behind. */
  | { readonly kind: "done"; readonly notice?: string }
  /** To be called again then. `problem`: something is wrong; else it only takes its time. */
  | {
      readonly kind: "pending";
      readonly message: string;
      readonly retryAfter: Temporal.Duration;
      readonly problem?: true;
    }
  /** It cannot be done, whenever it is tried. */
  | { readonly kind: "failed"; readonly message: string };
