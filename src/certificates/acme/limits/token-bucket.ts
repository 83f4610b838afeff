/**
 * How often something may be done: a bucket that holds some tokens and gets one back every so often.
 *
 * One number says all of a bucket: when it is full again. What it holds now follows from how far that is away.
 */

export interface BucketLimit {
  /** Tokens in a full bucket. */
  readonly count: number;
  /** One comes back after so long. */
  readonly refillMs: number;
}

/** When the bucket is full again, in milliseconds since 1970; a past moment: it is full. */
export type BucketState = number;

/** Tokens that are in it now. */
export function tokensIn(
  { count, refillMs }: BucketLimit,
  fullAtMs: BucketState,
  nowMs: number,
): number {
  return Math.max(0, count - Math.ceil(Math.max(0, fullAtMs - nowMs) / refillMs));
}

/** How long until so many tokens are in it; 0: they are. More than it ever holds are never in it: Infinity. */
export function waitMsFor(
  tokens: number,
  {
    limit,
    fullAtMs,
    nowMs,
  }: { readonly limit: BucketLimit; readonly fullAtMs: BucketState; readonly nowMs: number },
): number {
  if (tokens > limit.count) return Number.POSITIVE_INFINITY;
  const missing = Math.max(fullAtMs, nowMs) - nowMs - (limit.count - tokens) * limit.refillMs;
  return Math.max(0, missing);
}

/** The bucket without one token that was in it. */
export function takeToken(
  { refillMs }: BucketLimit,
  fullAtMs: BucketState,
  nowMs: number,
): BucketState {
  return Math.max(fullAtMs, nowMs) + refillMs;
}

/** The bucket with one more token, at most full. */
export function returnToken(
  { refillMs }: BucketLimit,
  fullAtMs: BucketState,
  nowMs: number,
): BucketState {
  return Math.max(fullAtMs - refillMs, nowMs);
}
