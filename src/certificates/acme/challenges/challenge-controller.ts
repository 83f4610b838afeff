/**
 * Challenges brought to their end, one step a call:
 *
 *   waits for its turn      → `processing`, when the schedule lets it
 *   not presented           → the solver has the server find what it looks for
 *   presented               → the solver looks whether it would be found; then the server is told
 *   told                    → asked how the authorization stands, until it is valid or not
 *   ended, or to be deleted → cleaned up
 *
 * `processing` is only ever written after the Challenge was found to be as an Order of ours made it: the route that answers
 * HTTP-01 exists for Challenges that have it, and for no others.
 */

import { err, ok, type Result } from "#base/result.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import {
  type Challenge,
  type ChallengeStatus,
  challengeFinalizer,
  challengeKind,
  oldChallengeFinalizer,
  readChallengeStatus,
} from "#kinds/cert-manager/challenge.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import type { SolverOutcome } from "../../solvers/solver.ts";
import { findAccess } from "../accounts/acme-access.ts";
import { again, done, type Reconciled } from "../reconciled.ts";
import { takeStep } from "./challenge-steps.ts";
import {
  type ChallengeDeps,
  type ChallengeWork,
  keep,
  keepReason,
  toSolve,
} from "./challenge-work.ts";
import { findOwnOrder, planFor } from "./own-challenge.ts";

const waitForIssuer = Temporal.Duration.from({ minutes: 1 });
const waitForTurn = Temporal.Duration.from({ seconds: 1 });

/** How long clean-up that does not succeed holds up a Challenge that is to be deleted. */
const longestCleanUp = Temporal.Duration.from({ minutes: 5 });

/** Takes one Challenge a step further. Throws StoreError when somebody else wrote it in the meantime. */
export async function reconcileChallenge(
  deps: ChallengeDeps,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<Reconciled> {
  const object = await deps.store.get(key);
  if (object === undefined) return done;
  const status = readChallengeStatus(object);
  const work = await workOn(deps, object, status, signal);
  if (object.metadata.deletionTimestamp !== undefined) return await release(deps, object, work);
  if (isFinalState(status.state)) return await settle(deps, object, work);
  if (!work.ok) return await leaveAlone({ deps, object, status }, work.error);
  if (status.processing === true) return await takeStep(work.value);
  return await start(work.value);
}

/** Everything that a Challenge is worked on with; the error says why it is left alone. */
async function workOn(
  deps: ChallengeDeps,
  object: KubeObject,
  status: ChallengeStatus,
  signal: AbortSignal,
): Promise<Result<ChallengeWork, string>> {
  const challenge: Challenge | undefined = read(challengeKind, object).value;
  if (challenge === undefined) return err("it cannot be read");
  const own = await findOwnOrder(deps.store, object);
  if (!own.ok) return own;
  const access = await findAccess(deps, own.value.order.spec.issuerRef, object.metadata.namespace);
  if (!access.ok) return access;
  const planned = planFor(challenge, own.value, access.value);
  if (!planned.ok) return planned;
  const solver = deps.solvers.find(({ type }) => type === planned.value.solverType);
  if (solver === undefined) return err(`nothing here answers ${planned.value.spec.type}`);
  return ok({
    ...{ deps, object, challenge, status, solver, signal },
    access: access.value,
    planned: planned.value,
  });
}

/** Whoever wrote it by hand is told; an issuer may be there later. An Event once: one a try would be a flood. */
async function leaveAlone(
  work: Pick<ChallengeWork, "deps" | "object" | "status">,
  why: string,
): Promise<Reconciled> {
  const message = `Nothing is done for it: ${why}`;
  if (work.status.reason !== message) {
    await keepReason(work, message);
    await work.deps.tell(work.object, { type: "Warning", reason: "NotProcessed", message });
  }
  return again(waitForIssuer, why);
}

async function start(work: ChallengeWork): Promise<Reconciled> {
  const { deps, object, status } = work;
  const { items } = await deps.store.list(challengeKind.id);
  if (!deps.schedule.mayStart(object, items, deps.clock.monotonicMs()))
    return again(waitForTurn, "others have their turn");
  await keep(work, { ...status, processing: true, state: "pending" });
  const message = "Challenge scheduled for processing";
  await deps.tell(object, { type: "Normal", reason: "Started", message });
  return again({ seconds: 0 }, "started");
}

/** One that has ended is not presented any more. */
async function settle(
  deps: ChallengeDeps,
  object: KubeObject,
  work: Result<ChallengeWork, string>,
): Promise<Reconciled> {
  const status = readChallengeStatus(object);
  if (status.processing !== true && status.presented !== true) return done;
  const cleaned = await cleanUp(deps, object, work);
  if (cleaned.kind === "pending") return again(cleaned.retryAfter, cleaned.message);
  await keep({ deps, object }, { ...status, processing: false, presented: false });
  return done;
}

/** Lets go of one that is to be deleted. */
async function release(
  deps: ChallengeDeps,
  object: KubeObject,
  work: Result<ChallengeWork, string>,
): Promise<Reconciled> {
  const { metadata } = object;
  const { name, namespace, labels, annotations, ownerReferences, resourceVersion } = metadata;
  const finalizers = metadata.finalizers.filter(
    (one) => one !== challengeFinalizer && one !== oldChallengeFinalizer,
  );
  if (finalizers.length === metadata.finalizers.length) return done;
  const { presented, processing } = readChallengeStatus(object);
  if (presented === true || processing === true) {
    const cleaned = await cleanUp(deps, object, work);
    if (cleaned.kind === "pending" && !isOverdue(deps, metadata.deletionTimestamp))
      return again(cleaned.retryAfter, cleaned.message);
  }
  await deps.store.replace(
    keyOf(object),
    {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name, namespace, labels, annotations, ownerReferences, finalizers },
      body: object.body,
    },
    resourceVersion,
  );
  return done;
}

/** Clean-up that cannot be done is told and holds nothing up. */
async function cleanUp(
  { tell }: ChallengeDeps,
  object: KubeObject,
  work: Result<ChallengeWork, string>,
): Promise<SolverOutcome> {
  const outcome: SolverOutcome = work.ok
    ? await work.value.solver.cleanUp(toSolve(work.value), work.value.signal)
    : { kind: "failed", message: work.error };
  const isTrouble = outcome.kind === "failed" || (outcome.kind === "pending" && outcome.problem);
  if (isTrouble)
    await tell(object, { type: "Warning", reason: "CleanUpError", message: outcome.message });
  if (outcome.kind === "done" && outcome.notice !== undefined)
    await tell(object, { type: "Normal", reason: "CleanedUp", message: outcome.notice });
  return outcome;
}

function isOverdue({ clock }: ChallengeDeps, since: string | undefined): boolean {
  if (since === undefined) return false;
  const waited = clock.now().since(Temporal.Instant.from(since));
  return Temporal.Duration.compare(waited, longestCleanUp) > 0;
}
