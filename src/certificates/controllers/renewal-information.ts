/** Keeps when whoever signed wants a certificate renewed: `status.acme.ari`, which the renewal goes by. */

import { formatKey, keyOf } from "#kinds/object.ts";
import type { CertificateStatus } from "../certificate-status.ts";
import { conditionOf } from "../certificate-status.ts";
import type { RenewalAnswer } from "../issuers/issuer.ts";
import { afterStart } from "../policies/inquiry-time.ts";
import { whyNotReady } from "../policies/issuance-chain.ts";
import { isPair } from "../policies/stored-pair.ts";
import {
  type RenewalSuggestion,
  readSuggestion,
  withoutSuggestion,
  withSuggestion,
} from "../renewal-suggestion.ts";
import { isTemporary } from "../temporary-certificate.ts";
import { uidFraction } from "../uid-fraction.ts";
import type { Controller, ControllerDeps, Seen } from "./controller.ts";
import { gatherFacts } from "./due.ts";
import type { IssuerResolver } from "./issuer-resolver.ts";
import type { Answered, RenewalInquiries, Standing } from "./renewal-inquiries.ts";

export interface RenewalInformationDeps extends Pick<ControllerDeps, "world"> {
  readonly issuers: IssuerResolver;
  readonly inquiries: RenewalInquiries;
  /** When the controllers began. */
  readonly begun: Temporal.Instant;
}

/** What fails now and then is nobody's business: the window that is known holds on, or the rule does. */
const failuresToTell = 3;

export function createRenewalInformation(deps: RenewalInformationDeps): Controller {
  return async (seen) => {
    const { spec, status } = seen;
    if (conditionOf(status, "Issuing")?.status === "True") return { status };
    const facts = gatherFacts(deps.world, seen);
    const { pair } = facts;
    if (!isPair(pair) || isTemporary(pair.leaf) || spec.renewal?.policy === "Disabled")
      return { status: forgotten(status) };
    // It is issued anew, and then asked about.
    if (whyNotReady(facts) !== undefined) return { status };
    const standing = standingOf(deps, seen, pair.leaf.der);
    if (standing === undefined) return { status: forgotten(status) };
    return {
      status: standing.last === undefined ? status : learned(status, standing.last, standing),
      again: standing.next,
    };
  };
}

/** Undefined where nobody is to be asked. */
function standingOf(
  { issuers, inquiries, begun }: RenewalInformationDeps,
  { object, spec, status }: Seen,
  certificate: Uint8Array,
): Standing | undefined {
  const key = issuers.keyOf(spec.issuerRef, object.metadata.namespace);
  const issuer = key === undefined ? undefined : issuers.get(key);
  const suggest = issuer && issuers.backendOf(issuer)?.suggestRenewal;
  if (issuer === undefined || suggest === undefined) return undefined;
  const { uid } = object.metadata;
  const soonest = afterStart(begun, uidFraction(uid, "ari-start"));
  const kept = readSuggestion(status.others)?.nextCheck;
  const first = kept !== undefined && Temporal.Instant.compare(kept, soonest) > 0 ? kept : soonest;
  const subject = { uid, key: formatKey(keyOf(object)), certificate };
  return inquiries.about(subject, first, (signal) => suggest({ issuer, certificate }, signal));
}

function learned(status: CertificateStatus, last: Answered, { next }: Standing): CertificateStatus {
  const { answer, asked, failures } = last;
  if (answer.kind === "none") return forgotten(status);
  if (answer.kind === "outage" && failures < failuresToTell) return status;
  const before = readSuggestion(status.others) ?? {};
  const times = { asked, next: next ?? asked };
  return { ...status, others: withSuggestion(status.others, saidBy(answer, before), times) };
}

function saidBy(
  answer: Exclude<RenewalAnswer, { kind: "none" }>,
  before: RenewalSuggestion,
): RenewalSuggestion {
  switch (answer.kind) {
    case "window": {
      const { start, end, explanation } = answer;
      return { window: { start, end }, ...(explanation === "" ? {} : { explanation }) };
    }
    case "refused":
      return { lastError: answer.message };
    case "outage":
      return { ...before, lastError: answer.message };
  }
}

function forgotten(status: CertificateStatus): CertificateStatus {
  return { ...status, others: withoutSuggestion(status.others) };
}
