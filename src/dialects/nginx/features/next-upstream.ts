/** `next-upstream`: when a request is tried again with another endpoint, and how often. */

import type { Upstream } from "#kinds/nginx/upstream.ts";
import type { Forward } from "#model/action.ts";
import { checkTime } from "../quantities.ts";
import { type Report, refuses, tells } from "../report.ts";

const words = [
  ...["error", "timeout", "invalid_header", "http_500", "http_502", "http_503", "http_504"],
  ...["http_403", "http_404", "http_429", "non_idempotent", "off"],
];

/** nginx tries every endpoint once; we do not know here how many there are. */
const manyTries = 5;

/** The retries of an upstream. */
export function parseNextUpstream(
  upstream: Upstream,
  at: string,
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
  reportTimeout(upstream, at, report);
  if (causes.has("off")) return { connectRetries: 0 };
  const statuses = [...causes]
    .flatMap((cause) => /^http_(\d+)$/.exec(cause)?.[1] ?? [])
    .map(Number);
  return {
    connectRetries: Math.min(tries > 0 ? tries : manyTries, 100) - 1,
    retries: { statuses, nonIdempotent: causes.has("non_idempotent") },
  };
}

function reportTimeout(upstream: Upstream, at: string, report: Report): void {
  const path = `${at}.next-upstream-timeout`;
  if (checkTime(upstream["next-upstream-timeout"], path, report, 0) === 0) return;
  tells(report, path, {
    reason: "NotLimitedByTime",
    message: "tries are limited by their number, not by time",
    advice: "set next-upstream-tries",
  });
}
