/** The one place that says in which order the routes of a host are tried. */

import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import { formatTaken, type PathMatch, pathText, type Route } from "./route.ts";

/**
 * Answers to a certificate authority before everything. Exact paths first (an exact match is always the longest), then patterns, then prefixes, the longest first; of two prefixes of one
 * length the one by segments, which takes less. The text decides the rest, so that the order depends on nothing else.
 */
export const compareRoutes = compareInTurn<Route>(
  (a, b) => compareNumber(a.challenge === true ? 0 : 1, b.challenge === true ? 0 : 1),
  (a, b) => compareNumber(rank(a.match), rank(b.match)),
  (a, b) => compareNumber(pathText(b.match).length, pathText(a.match).length),
  (a, b) => compareText(formatTaken(a), formatTaken(b)),
);

function rank(match: PathMatch): number {
  return match.kind === "exact" ? 0 : match.kind === "regex" ? 1 : 2;
}
