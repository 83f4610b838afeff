/** How soon an ACME server is asked again about what it has not finished. */

const leastMs = 50;
const mostMs = 30_000;
/** What has taken a minute is worth a look every second, and what has taken half an hour one every 30. */
const shareOfAge = 60;

export interface Unfinished {
  /** What the server asked for, however long it is; undefined: it did not say. */
  readonly retryAfter: Temporal.Duration | undefined;
  /** Since when it is waited for. */
  readonly since: Temporal.Instant;
  readonly now: Temporal.Instant;
}

/** The server's own word, else often at first, from `usualMs` on, and the more seldom the longer it takes. */
export function pollingPause(
  { retryAfter, since, now }: Unfinished,
  usualMs: number,
): Temporal.Duration {
  const asked = retryAfter?.total("milliseconds");
  const agedMs = (now.epochMilliseconds - since.epochMilliseconds) / shareOfAge;
  const milliseconds = Math.ceil(asked ?? Math.min(mostMs, Math.max(usualMs, agedMs)));
  return Temporal.Duration.from({ milliseconds: Math.max(leastMs, milliseconds) });
}
