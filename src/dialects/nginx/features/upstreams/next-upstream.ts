/** `next-upstream`: when a request is tried again with another endpoint, and how often. */

import type { Upstream } from "#kinds/nginx/upstream.ts";
import type { Forward } from "#model/action.ts";
import { checkTime } from "../../quantities.ts";
import { type Report, refuses } from "../../report.ts";

const words = [
  ...["error", "timeout", "invalid_header", "http_500", "http_502", "http_503", "http_504"],
  ...["http_403", "http_404", "http_429", "non_idempotent", "off"],
];

/** nginx tries every endpoint once; we do not know here how many there are. */
const manyTries = 5;

/** What an object says of tries; 0: nothing. */
interface TryLimits {
  readonly tries: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * How often a request or a connection is tried in all. Envoy counts tries and no time, so of a time it is as many as fit when
 * each waits for a connection as long as it may; two are always left, as most failures take no time at all.
 */
export function triesWithin({ tries, timeoutMs, connectTimeoutMs }: TryLimits): number {
  const wanted = Math.min(tries > 0 ? tries : manyTries, 100);
  if (timeoutMs === 0) return wanted;
  return Math.min(wanted, Math.max(2, Math.ceil(timeoutMs / connectTimeoutMs)));
}

/** The retries of an upstream. */
export function parseNextUpstream(
  upstream: Upstream,
  at: string,
  connectTimeoutMs: number,
  report: Report,
): Pick<Forward, "connectRetries" | "retries"> {
  const text = upstream["next-upstream"] ?? "";
  const causes = new Set(text === "" ? ["error", "timeout"] : text.trim().split(/\s+/));
  for (const cause of causes) {
    if (!words.includes(cause))
      refuses(report, `${at}.next-upstream`, cause, "not a valid parameter");
  }
  if (text !== "" && causes.size < text.trim().split(/\s+/).length)
    refuses(report, `${at}.next-upstream`, text, "can not have duplicate parameters");
  const tries = upstream["next-upstream-tries"] ?? 0;
  if (tries < 0) refuses(report, `${at}.next-upstream-tries`, tries, "must be positive or zero");
  const path = `${at}.next-upstream-timeout`;
  const timeoutMs = checkTime(upstream["next-upstream-timeout"], path, report, 0);
  const limits = { tries, timeoutMs, connectTimeoutMs };
  if (causes.has("off")) return { connectRetries: 0 };
  const statuses = [...causes]
    .flatMap((cause) => /^http_(\d+)$/.exec(cause)?.[1] ?? [])
    .map(Number);
  return {
    connectRetries: triesWithin(limits) - 1,
    retries: { statuses, nonIdempotent: causes.has("non_idempotent") },
  };
}
