/** Decides that a certificate is issued now: sets the condition Issuing, which the other controllers then work off. */

import type { Approver } from "../approval/approver.ts";
import { askedBySpec } from "../approval/asked-certificate.ts";
import { type CertificateStatus, conditionOf, instantOf } from "../certificate-status.ts";
import { failureBackOffMs } from "../policies/back-off.ts";
import { requestDifferences } from "../policies/differences.ts";
import { winnerOf } from "../policies/duplicates.ts";
import { whyIssue } from "../policies/issuance-chain.ts";
import { isPair } from "../policies/stored-pair.ts";
import { uidFraction } from "../uid-fraction.ts";
import { type Controller, type ControllerDeps, conclude, type Seen } from "./controller.ts";
import { gatherFacts } from "./due.ts";
import { type IssuanceBudget, tooOften } from "./issuance-budget.ts";
import { nextRequest } from "./revision.ts";

/** How soon a Certificate whose Secret is another's looks again (cert-manager's). */
const duplicateMs = 180_000;
/** What fell due while nobody ran is not renewed all at once. */
const longestJitterMs = 60_000;

export interface TriggerDeps extends Pick<ControllerDeps, "world" | "events" | "store"> {
  readonly budget: IssuanceBudget;
  readonly approver: Approver;
  /** When the controllers began: renewals that were due before are spread out. */
  readonly begun: Temporal.Instant;
}

export function createTrigger(deps: TriggerDeps): Controller {
  const { world, events, budget } = deps;
  return async (given) => {
    const seen = { ...given, status: withPastFailure(given) };
    const { object, status, now } = seen;
    if (conditionOf(status, "Issuing")?.status === "True")
      return { status: (await refusalOfBegun(deps, seen)) ?? status };
    if (!isWinner(deps, seen)) return { status, again: now.add({ milliseconds: duplicateMs }) };
    const facts = gatherFacts(world, seen);
    const why = whyIssue(facts);
    if (why === undefined) return { status, again: facts.renewalTime };
    const { namespace } = object.metadata;
    // It may be there, and only not be seen yet.
    if (facts.secret === undefined && (await isThere(deps, namespace, seen.spec.secretName)))
      return { status, again: now.add({ seconds: 1 }) };
    const freeAt = budget.freeAt(seen);
    if (freeAt !== undefined) events.tell(object, tooOften(freeAt));
    const later = laterOf([
      backedOffUntil(deps, seen),
      freeAt,
      why.reason === "Renewing" ? jitteredStart(deps, seen) : undefined,
    ]);
    if (later !== undefined && Temporal.Instant.compare(now, later) < 0)
      return { status, again: later };
    const refused = await refusal(deps, seen);
    if (refused !== undefined) return { status: refused };
    events.tell(object, { type: "Normal", reason: "Issuing", message: why.message });
    return { status: conclude(seen, "Issuing", { isTrue: true, ...why }) };
  };
}

/**
 * The status where policies deny what is asked for; undefined where they do not. No key is made then, and nothing has failed:
 * when a policy or the spec changes, it is looked at again.
 */
async function refusal(
  { approver, events }: TriggerDeps,
  seen: Seen,
): Promise<CertificateStatus | undefined> {
  const { object, spec } = seen;
  const { namespace } = object.metadata;
  const asked = askedBySpec(namespace, spec);
  if (!asked.ok) return undefined;
  const judgement = await approver.judge(asked.value, { namespace, isOfCertificate: true });
  if (judgement.kind !== "denied") return undefined;
  const message = `No policy allows what is asked for: ${judgement.why}`;
  if (conditionOf(seen.status, "Issuing")?.message !== message)
    events.tell(object, { type: "Warning", reason: "Denied", message });
  return conclude(seen, "Issuing", { isTrue: false, reason: "Denied", message });
}

/** A person may have had it begin; once there is a request, that is judged. */
async function refusalOfBegun(
  deps: TriggerDeps,
  seen: Seen,
): Promise<CertificateStatus | undefined> {
  return nextRequest(deps.world, seen) === undefined ? await refusal(deps, seen) : undefined;
}

async function isThere({ store }: TriggerDeps, namespace: string, name: string): Promise<boolean> {
  return (await store.get({ kind: "Secret", namespace, name })) !== undefined;
}

/** Of several Certificates into one Secret only one issues. */
function isWinner({ world }: TriggerDeps, { object, spec }: Seen): boolean {
  const { namespace, uid } = object.metadata;
  const rivals = world.certificatesInto(namespace, spec.secretName);
  const winner = winnerOf(rivals, world.secret(namespace, spec.secretName));
  return winner === undefined || winner.metadata.uid === uid;
}

/** Undefined without a failure, and when the spec asks for something else than what failed. */
function backedOffUntil({ world }: TriggerDeps, seen: Seen): Temporal.Instant | undefined {
  const { object, spec, status } = seen;
  const failedAt = instantOf(status.lastFailureTime);
  if (failedAt === undefined) return undefined;
  const failed = nextRequest(world, seen);
  const asked = failed === undefined ? undefined : world.factsOf(failed);
  if (asked?.ok === true && requestDifferences(asked.value, spec).length > 0) return undefined;
  // Without a request the spec itself was at fault.
  const judged = conditionOf(status, "Issuing")?.observedGeneration;
  if (failed === undefined && judged !== object.metadata.generation) return undefined;
  const pair = world.pairOf(world.secret(object.metadata.namespace, spec.secretName));
  const leftMs = isPair(pair)
    ? pair.leaf.notAfter.epochMilliseconds - failedAt.epochMilliseconds
    : undefined;
  const milliseconds = failureBackOffMs(status.failedIssuanceAttempts ?? 1, leftMs);
  return failedAt.add({ milliseconds });
}

/** A failure that lies ahead was put down by a clock that was set back since: it counts from now on. */
function withPastFailure({ status, now }: Seen): CertificateStatus {
  const failedAt = instantOf(status.lastFailureTime);
  if (failedAt === undefined || Temporal.Instant.compare(failedAt, now) <= 0) return status;
  return { ...status, lastFailureTime: now.toString({ smallestUnit: "second" }) };
}

/** Never more than a hundredth of what the certificate has left. */
function jitteredStart(
  { world, begun }: TriggerDeps,
  { object, spec, now }: Seen,
): Temporal.Instant | undefined {
  const pair = world.pairOf(world.secret(object.metadata.namespace, spec.secretName));
  // The clock was set back since: nobody knows any more when that was.
  const isAhead = Temporal.Instant.compare(begun, now) > 0;
  if (!isPair(pair) || isAhead) return undefined;
  const leftMs = pair.leaf.notAfter.epochMilliseconds - now.epochMilliseconds;
  const most = Math.min(longestJitterMs, Math.max(0, leftMs / 100));
  return begun.add({ milliseconds: Math.floor(uidFraction(object.metadata.uid, "start") * most) });
}

function laterOf(moments: readonly (Temporal.Instant | undefined)[]): Temporal.Instant | undefined {
  return moments
    .filter((one) => one !== undefined)
    .sort(Temporal.Instant.compare)
    .at(-1);
}
