/** When whoever signed a certificate is asked again when it is to be renewed (RFC 9773 §4.3). */

const hourMs = 3_600_000;
const usualMs = 6 * hourMs;
const leastMs = hourMs;
const mostMs = 7 * 24 * hourMs;
const jitter = 0.1;

const firstRetryMs = 5 * 60_000;
/** What fell due while nobody ran is not asked all at once. */
const startSpreadMs = 5 * 60_000;

/** After an answer; `fraction`, in [0, 1), is the certificate's own. */
export function pauseAfterAnswerMs(
  retryAfter: Temporal.Duration | undefined,
  fraction: number,
): number {
  const askedMs = retryAfter?.total("milliseconds") ?? usualMs;
  const clampedMs = Math.min(Math.max(askedMs, leastMs), mostMs);
  return Math.round(clampedMs * (1 - jitter + 2 * jitter * fraction));
}

/** After so many failures in a row. */
export function pauseAfterFailureMs(
  failures: number,
  retryAfter: Temporal.Duration | undefined,
): number {
  const backOffMs = Math.min(firstRetryMs * 2 ** (failures - 1), usualMs);
  return Math.min(Math.max(backOffMs, retryAfter?.total("milliseconds") ?? 0), mostMs);
}

/** The first time after a start at which a certificate is asked about that was due before. */
export function afterStart(begun: Temporal.Instant, fraction: number): Temporal.Instant {
  return begun.add({ milliseconds: Math.floor(startSpreadMs * fraction) });
}
