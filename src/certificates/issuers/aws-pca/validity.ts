/** Until when a certificate is asked for: AWS refuses what its authority cannot give, so that is not asked for. */

/** What of an authority limits its certificates. */
export interface ValidityLimits {
  readonly notAfter: Temporal.Instant | undefined;
  /** Its certificates hold seven days at most (`SHORT_LIVED_CERTIFICATE`). */
  readonly isShortLived: boolean;
}

export interface Validity {
  readonly notAfter: Temporal.Instant;
  /** Why it is less than what was asked for. */
  readonly cut?: string;
}

/** What aws-privateca-issuer asks for when a request does not say. */
const defaultDuration = Temporal.Duration.from({ hours: 30 * 24 });
const shortLived = Temporal.Duration.from({ hours: 7 * 24 });

/** The end of a certificate that is asked for at `now`. */
export function validityOf(
  now: Temporal.Instant,
  duration: Temporal.Duration | undefined,
  limits: ValidityLimits,
): Validity {
  const wanted = now.add(duration ?? defaultDuration);
  const week = now.add(shortLived);
  const ends: readonly Validity[] = [
    ...(limits.isShortLived
      ? [{ notAfter: week, cut: "the authority makes certificates of at most seven days" }]
      : []),
    ...(limits.notAfter === undefined
      ? []
      : [{ notAfter: limits.notAfter, cut: "the authority's own certificate ends then" }]),
  ];
  return ends.reduce(
    (least, end) => (Temporal.Instant.compare(end.notAfter, least.notAfter) < 0 ? end : least),
    { notAfter: wanted },
  );
}
