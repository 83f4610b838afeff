/** When a certificate is to be renewed, by its own dates and the spec of its Certificate. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { nextOpening } from "./renewal-window.ts";

export interface Validity {
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
}

/** What an ACME server suggests (RFC 9773 §4.2), and at which part of that window this certificate's turn is. */
export interface Suggestion {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
  /** In [0, 1). */
  readonly part: number;
}

export interface RenewalTime {
  /** Whole seconds; absent: it is never renewed. */
  readonly at?: Temporal.Instant;
  /** Windows that cannot be read: it is renewed without regard to them. */
  readonly windowProblem?: string;
}

/** By suggestion, rule or percentage, then put off to the next window. */
export function renewalTime(
  { notBefore, notAfter }: Validity,
  spec: Pick<CertificateSpec, "renewBefore" | "renewBeforePercentage" | "renewal">,
  suggestion?: Suggestion,
): RenewalTime {
  if (spec.renewal?.policy === "Disabled") return {};
  const lifeMs = notAfter.epochMilliseconds - notBefore.epochMilliseconds;
  const ruleMs = notAfter.epochMilliseconds - renewBeforeMs(spec, lifeMs);
  const desired = Temporal.Instant.fromEpochMilliseconds(
    suggestedMs(suggestion, { notBefore, notAfter }) ?? ruleMs,
  ).round({ smallestUnit: "second", roundingMode: "floor" });
  const windows = spec.renewal?.windows ?? [];
  if (windows.length === 0) return { at: desired };
  const opening = nextOpening(windows, desired);
  return opening.ok ? { at: opening.value } : { at: desired, windowProblem: opening.error };
}

/** A duration that the certificate does not have room for counts as absent: then a third of its life. */
function renewBeforeMs(
  spec: Pick<CertificateSpec, "renewBefore" | "renewBeforePercentage">,
  lifeMs: number,
): number {
  const givenMs = spec.renewBefore === undefined ? undefined : parseGoDurationMs(spec.renewBefore);
  if (givenMs !== undefined && givenMs > 0 && givenMs < lifeMs) return givenMs;
  const percent = spec.renewBeforePercentage;
  if (percent !== undefined && percent > 0 && percent < 100)
    return Math.floor((lifeMs * percent) / 100);
  return Math.floor(lifeMs / 3);
}

/** A turn before the certificate begins, or when it is over, is a mistake of the server's. */
function suggestedMs(
  suggestion: Suggestion | undefined,
  { notBefore, notAfter }: Validity,
): number | undefined {
  if (suggestion === undefined) return undefined;
  const [start, end] = [suggestion.start.epochMilliseconds, suggestion.end.epochMilliseconds];
  if (start <= notBefore.epochMilliseconds || end < start) return undefined;
  const turn = start + Math.floor((end - start) * suggestion.part);
  return turn < notAfter.epochMilliseconds ? turn : undefined;
}
