/** The one place that says in which order the routes of a host are tried. */

import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import { formatMatch, type PathMatch, type Route } from "./route.ts";

/**
 * Answers to a certificate authority before everything. Exact paths first (an exact match is always the longest), then prefixes, the longest first; of two prefixes of one
 * length the one by segments, which takes less. The text decides the rest, so that the order depends on nothing else.
 */
export const compareRoutes = compareInTurn<Route>(
  (a, b) => compareNumber(a.challenge === true ? 0 : 1, b.challenge === true ? 0 : 1),
  (a, b) => compareNumber(rank(a.match), rank(b.match)),
  (a, b) => compareNumber(b.match.path.length, a.match.path.length),
  (a, b) => compareText(formatMatch(a.match), formatMatch(b.match)),
);

function rank(match: PathMatch): number {
  return match.kind === "exact" ? 0 : 1;
}
