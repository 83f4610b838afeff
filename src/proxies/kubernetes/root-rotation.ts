/**
 * When the root of the xDS authority changes, as a function of the time and of what is stored:
 *
 *     signing      ├────────────── old root ──────────────┤├────── new root ──────
 *     in bundles   ├─ old ─┤├──────── old and new ────────────────────┤├── new ───
 *                          add, publish                   sign        drop
 *
 * A bundle travels with a leaf of `leafLifetime` in one Secret. Whoever still holds a bundle without the new root when
 * that root begins to sign holds a leaf that has run out, so nobody who could connect is kept out. Likewise nobody
 * holds a leaf of the old root that is still good when the old root goes.
 */

export interface RotationState {
  readonly signing: { readonly notBefore: Temporal.Instant; readonly notAfter: Temporal.Instant };
  /** The root to come; `publishedAt`: since when the bundle of the proxies has it. */
  readonly next?: { readonly notAfter: Temporal.Instant; readonly publishedAt?: Temporal.Instant };
  /** The root that signed before; it is only trusted. */
  readonly previous?: { readonly retiredAt: Temporal.Instant };
}

export type RotationStep =
  /** Nothing is to be done before `until`. */
  | { readonly kind: "wait"; readonly until: Temporal.Instant }
  /** Make a root to come. */
  | { readonly kind: "add" }
  /** Note that the bundle of the proxies has the root to come. */
  | { readonly kind: "publish" }
  /** The root to come signs from now on; the one before is only trusted. */
  | { readonly kind: "sign" }
  /** The root before is no longer trusted. */
  | { readonly kind: "drop" }
  /** All that was signed has run out with its root: begin anew. */
  | { readonly kind: "replace" };

/** Long enough that a rotation that cannot be finished for months does no harm, short enough that it is in practice. */
export const rootLifetime = Temporal.Duration.from({ hours: 365 * 24 });

/** How long a certificate of a proxy or of a replica is good, and so the longest that an old bundle is of use. */
export const leafLifetime = Temporal.Duration.from({ hours: 24 });

/** For clocks that differ, and replicas that read what is stored a little later than others. */
const margin = Temporal.Duration.from({ hours: 1 });

/** When what is valid in this span is to be renewed: after two thirds of it. */
export function renewalTime(span: RotationState["signing"]): Temporal.Instant {
  const [from, to] = [span.notBefore.epochMilliseconds, span.notAfter.epochMilliseconds];
  return Temporal.Instant.fromEpochMilliseconds(from + Math.floor(((to - from) * 2) / 3));
}

/** The step that is due. Asked only when the Secret of the proxies holds the bundle of this state. */
export function nextRotationStep(now: Temporal.Instant, state: RotationState): RotationStep {
  const { signing, next, previous } = state;
  if (hasCome(now, signing.notAfter)) {
    return next === undefined || hasCome(now, next.notAfter)
      ? { kind: "replace" }
      : { kind: "sign" };
  }
  if (previous !== undefined) {
    return dueAt(now, previous.retiredAt.add(leafLifetime).add(margin), { kind: "drop" });
  }
  if (next === undefined) return dueAt(now, renewalTime(signing), { kind: "add" });
  if (next.publishedAt === undefined) return { kind: "publish" };
  return dueAt(now, next.publishedAt.add(leafLifetime).add(margin), { kind: "sign" });
}

function dueAt(now: Temporal.Instant, until: Temporal.Instant, step: RotationStep): RotationStep {
  return hasCome(now, until) ? step : { kind: "wait", until };
}

function hasCome(now: Temporal.Instant, moment: Temporal.Instant): boolean {
  return Temporal.Instant.compare(now, moment) >= 0;
}
