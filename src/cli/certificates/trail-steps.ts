/** How far a Certificate has come and what holds it up, step by step: Certificate, Secret, issuer, request, Order, Challenges. */

import { readSuggestion } from "#certificates/renewal-suggestion.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { type Certificate, certificateKind } from "#kinds/cert-manager/certificate.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { readOrderStatus } from "#kinds/cert-manager/order.ts";
import { type Condition, findCondition } from "#kinds/condition.ts";
import { type Known, read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { CertificateTrail } from "./certificate-trail.ts";
import { adviceFor } from "./problem-advice.ts";

export interface TrailStep {
  /** `certificate`, `order` … */
  readonly step: string;
  readonly text: string;
  /** What to do next; only at steps that hold it up. */
  readonly advice?: string;
}

/** The steps in their order; what comes behind the first one that is missing is left out. */
export function trailSteps(trail: CertificateTrail): readonly TrailStep[] {
  const { certificate } = trail;
  return [
    certificateStep(certificate),
    ...renewalSteps(certificate),
    secretStep(trail),
    issuerStep(trail),
    ...requestSteps(trail),
    ...orderSteps(trail),
    ...trail.challenges.map(challengeStep),
  ];
}

/** The last advice: what is furthest along is what holds it up. */
export function nextAction(steps: readonly TrailStep[]): string | undefined {
  return steps.findLast(({ advice }) => advice !== undefined)?.advice;
}

function said({ status, reason, message }: Condition): string {
  return [`${status}`, reason, message].filter((part) => part !== "").join(", ");
}

function certificateStep({ object, value }: Known<Certificate>): TrailStep {
  const { name, namespace } = object.metadata;
  const step = "certificate";
  if (value === undefined) {
    const advice = `see what is wrong with it: sekisho describe ${certificateKind.shortNames[0]} ${name} -n ${namespace}`;
    return { step, text: `${name}: it cannot be read`, advice };
  }
  const ready = findCondition(object.status, "Ready");
  const issuing = findCondition(object.status, "Issuing");
  const parts = [
    ready === undefined ? "nobody has looked at it yet" : `Ready ${said(ready)}`,
    ...(issuing === undefined ? [] : [`Issuing ${said(issuing)}`]),
  ];
  const text = `${name}: ${parts.join("; ")}`;
  if (ready === undefined && issuing === undefined)
    return { step, text, advice: "see whether a gate runs that issues certificates" };
  const advice = issuing?.status === "False" ? adviceFor(issuing.message) : undefined;
  return advice === undefined ? { step, text } : { step, text, advice };
}

/** What the authority says of when to renew, where it says so. */
function renewalSteps({ object }: Known<Certificate>): readonly TrailStep[] {
  const suggestion = readSuggestion(object.status);
  if (suggestion === undefined) return [];
  const { window, explanation, lastError } = suggestion;
  const parts = [
    window === undefined
      ? "by the Certificate's own rule"
      : `the ACME server suggests ${window.start} to ${window.end}`,
    ...(explanation === undefined ? [] : [`see ${explanation}`]),
    ...(lastError === undefined ? [] : [`it could not be asked: ${lastError}`]),
  ];
  return [{ step: "renewal", text: parts.join("; ") }];
}

function secretStep({ certificate, secret }: CertificateTrail): TrailStep {
  const name = certificate.value?.spec.secretName ?? "none";
  const values = secret?.body["data"] ?? secret?.body["stringData"] ?? {};
  const text =
    secret === undefined
      ? `${name}: not there yet`
      : `${name}: ${Object.keys(values as object)
          .sort()
          .join(", ")}`;
  return { step: "secret", text };
}

function issuerStep({ certificate, issuer }: CertificateTrail): TrailStep {
  const step = "issuer";
  const { object, isOurs, name } = issuer;
  if (!isOurs) return { step, text: `${name}: signs on its own` };
  if (object === undefined)
    return { step, text: `${name}: not there`, advice: `create ${name}, or correct issuerRef` };
  const ready = findCondition(object.status, "Ready");
  if (ready === undefined) return { step, text: `${name}: nobody has looked at it yet` };
  const text = `${name}: Ready ${said(ready)}`;
  if (ready.status === "True") return { step, text };
  const namespace = certificate.object.metadata.namespace;
  const usual = `correct the issuer: sekisho describe ${object.kind.toLowerCase()} ${object.metadata.name} -n ${namespace}`;
  return { step, text, advice: adviceFor(ready.message) ?? usual };
}

function requestSteps({ request }: CertificateTrail): readonly TrailStep[] {
  if (request === undefined) return [];
  const { object } = request;
  const { name, namespace } = object.metadata;
  const step = "request";
  const conditions = ["Approved", "Denied", "InvalidRequest", "Ready"].flatMap((type) => {
    const condition = findCondition(object.status, type);
    return condition === undefined ? [] : [`${type} ${said(condition)}`];
  });
  const text = `${name}: ${conditions.length === 0 ? "nobody has looked at it yet" : conditions.join("; ")}`;
  if (findCondition(object.status, "Denied")?.status === "True")
    return [
      { step, text, advice: "ask who denied it why; a changed Certificate is asked for anew" },
    ];
  if (findCondition(object.status, "Approved")?.status !== "True")
    return [{ step, text, advice: `approve it: sekisho cert approve ${name} -n ${namespace}` }];
  const ready = findCondition(object.status, "Ready");
  const advice = ready?.status === "False" ? adviceFor(ready.message) : undefined;
  return [advice === undefined ? { step, text } : { step, text, advice }];
}

function orderSteps({ order }: CertificateTrail): readonly TrailStep[] {
  if (order === undefined) return [];
  const { state, reason = "" } = readOrderStatus(order);
  const told = reason === "" ? "" : `, ${reason}`;
  const text = `${order.metadata.name}: ${state ?? "not placed yet"}${told}`;
  const isFailed = isFinalState(state) && state !== "valid";
  const advice = isFailed ? adviceFor(reason) : undefined;
  return [advice === undefined ? { step: "order", text } : { step: "order", text, advice }];
}

function challengeStep(object: KubeObject): TrailStep {
  const { state = "pending", reason = "" } = readChallengeStatus(object);
  const { dnsName = "", type = "", wildcard } = read(challengeKind, object).value?.spec ?? {};
  const name = wildcard === true ? `*.${dnsName}` : dnsName;
  const text = `${type} for ${name}: ${state}${reason === "" ? "" : `, ${reason}`}`;
  const advice = state === "valid" ? undefined : adviceFor(reason, { dnsName, type });
  return advice === undefined ? { step: "challenge", text } : { step: "challenge", text, advice };
}
