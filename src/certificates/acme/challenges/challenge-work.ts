/** One Challenge that is worked on, and what is kept in its status. */

import type { Json } from "#base/json.ts";
import type { Challenge, ChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { ChallengeToSolve, Solver } from "../../solvers/solver.ts";
import { type AcmeAccess, issuerAccess } from "../accounts/acme-access.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { AcmeDeps, AcmeEvent } from "../acme-deps.ts";
import type { PlannedChallenge } from "../orders/challenge-draft.ts";
import { again, type Reconciled } from "../reconciled.ts";
import type { Twins } from "../rehearsal.ts";
import type { ChallengeSchedule } from "./schedule.ts";

export type ChallengeDeps = AcmeDeps & {
  readonly sessions: Sessions;
  readonly twins: Twins;
  /** At most one of a type. */
  readonly solvers: readonly Solver[];
  readonly schedule: ChallengeSchedule;
};

export interface ChallengeWork {
  readonly deps: ChallengeDeps;
  readonly object: KubeObject;
  readonly challenge: Challenge;
  readonly status: ChallengeStatus;
  readonly access: AcmeAccess;
  readonly planned: PlannedChallenge;
  readonly solver: Solver;
  readonly signal: AbortSignal;
}

/** What a solver is given: everything of it from the issuer and the Order, nothing from the Challenge alone. */
export function toSolve({ deps, status, access, planned }: ChallengeWork): ChallengeToSolve {
  const { dnsName, token, key } = planned.spec;
  const since = status.presentedAt;
  return {
    ...{ dnsName, token, key, solver: planned.solver },
    ...(since === undefined ? {} : { presentedAt: Temporal.Instant.from(since) }),
    issuer: issuerAccess(deps, access.issuer),
  };
}

/** Keeps a status in place of the one that was read; who wrote in the meantime knows more. */
export async function keep(
  { deps, object }: Pick<ChallengeWork, "deps" | "object">,
  status: ChallengeStatus,
): Promise<void> {
  const plain: Json = { ...status };
  await deps.store.replaceStatus(keyOf(object), plain, object.metadata.resourceVersion);
}

/** Keeps why it waits, and is looked at again then. */
export async function wait(
  work: ChallengeWork,
  after: Temporal.Duration,
  reason: string,
): Promise<Reconciled> {
  await keepReason(work, reason);
  return again(after, reason);
}

/** Keeps why it does not go on now. */
export async function keepReason(
  work: Pick<ChallengeWork, "deps" | "object" | "status">,
  reason: string,
): Promise<void> {
  if (work.status.reason !== reason) await keep(work, { ...work.status, reason });
}

/** Ends it; what was made for it is cleaned up in the next step. */
export async function end(
  work: Pick<ChallengeWork, "deps" | "object" | "status">,
  state: "valid" | "invalid" | "expired" | "errored",
  { reason: event, message }: Pick<AcmeEvent, "reason" | "message">,
): Promise<Reconciled> {
  const { deps, object, status } = work;
  const reason = state === "valid" ? "Successfully authorized domain" : message;
  await keep(work, { ...status, state, reason });
  await deps.tell(object, {
    type: state === "valid" ? "Normal" : "Warning",
    reason: event,
    message,
  });
  return again({ seconds: 0 }, reason);
}
