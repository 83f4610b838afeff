/**
 * Which limits the routes of a host share: those that most of them have.
 *
 * Envoy counts for each place that says limits. Said by each route, a client could ask every route so often; so the host
 * says what most routes have, and others say theirs.
 */

import type { Any } from "@bufbuild/protobuf/wkt";
import { formatRateLimits, type RateLimits } from "#model/rate-limit.ts";
import type { Route } from "#model/route.ts";
import { withoutRateLimits, withRateLimits } from "../filters/rate-limit.ts";

/** The limits that the host says; undefined when no route has any. */
export function sharedLimits(routes: readonly Route[]): RateLimits | undefined {
  const byText = new Map<string, { readonly limits: RateLimits; count: number }>();
  for (const { rateLimits } of routes) {
    if (rateLimits === undefined) continue;
    const text = formatRateLimits(rateLimits);
    const entry = byText.get(text) ?? { limits: rateLimits, count: 0 };
    entry.count += 1;
    byText.set(text, entry);
  }
  const entries = [...byText.values()];
  const most = Math.max(0, ...entries.map(({ count }) => count));
  return entries.find(({ count }) => count === most)?.limits;
}

/** `typed_per_filter_config` of a route on a host with such limits. */
export function ownLimits(
  { rateLimits }: Route,
  shared: RateLimits | undefined,
): { [filter: string]: Any } {
  if (shared === undefined) return {};
  if (rateLimits === undefined) return withoutRateLimits();
  return formatRateLimits(rateLimits) === formatRateLimits(shared)
    ? {}
    : withRateLimits(rateLimits);
}
