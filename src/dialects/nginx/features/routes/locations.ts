/**
 * The order in which nginx chooses a location ("ngx_http_core_module", directive location), as a list of which the first
 * that matches answers.
 *
 *   =/p        the path itself: at once
 *   prefixes   the longest that fits is kept in mind; if it is `^~`, it answers
 *   patterns   in the order in which they are written, the first that matches answers
 *   else       the prefix that was kept in mind
 *
 * Prefixes below a `^~` stand before all patterns, the longest first. One of them that is not `^~` itself has the patterns
 * before it, each for paths below that prefix alone: there it would be the longest, so patterns are tried.
 */

import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import type { Origin } from "#base/origin.ts";
import type { PathMatch, Route } from "#model/route.ts";
import type { Location } from "./path.ts";

/** A location and what it does: its routes, for a match that stands for it. */
export interface PlacedLocation {
  readonly location: Placed;
  readonly routes: (match: PathMatch) => readonly Route[];
  /** Where it is told that something else than a choice of others answers here. */
  readonly answersAt?: Origin;
}

/** A pattern here is RE2 for the whole path. */
export type Placed =
  | Exclude<Location, { kind: "pattern" }>
  | { readonly kind: "pattern"; readonly whole: string };

type Prefix = PlacedLocation & { readonly location: Extract<Placed, { kind: "prefix" }> };
type Pattern = PlacedLocation & { readonly location: Extract<Placed, { kind: "pattern" }> };

const longestFirst = compareInTurn<Prefix>(
  (a, b) => compareNumber(b.location.path.length, a.location.path.length),
  (a, b) => compareText(a.location.path, b.location.path),
);

/** The routes of a host, given its locations as they are written. */
export function orderLocations(all: readonly PlacedLocation[]): readonly Route[] {
  const exact = all.flatMap(({ location, routes }) =>
    location.kind === "exact" ? routes({ kind: "exact", path: location.path }) : [],
  );
  const patterns = all.filter((one): one is Pattern => one.location.kind === "pattern");
  const prefixes = all.filter((one): one is Prefix => one.location.kind === "prefix");
  const finals = prefixes.filter(({ location }) => location.isFinal);
  const isBelowFinal = ({ location }: Prefix): boolean =>
    finals.some((final) => location.path.startsWith(final.location.path));
  const below = patterns.length === 0 ? [] : prefixes.filter(isBelowFinal);
  const others = patterns.length === 0 ? prefixes : prefixes.filter((one) => !isBelowFinal(one));
  return [
    ...exact,
    ...moves(all),
    ...below
      .toSorted(longestFirst)
      .flatMap((prefix) => [
        ...(prefix.location.isFinal
          ? []
          : patterns.flatMap((pattern) => patternRoutes(pattern, prefix.location.path))),
        ...prefixRoutes(prefix),
      ]),
    ...patterns.flatMap((pattern) => patternRoutes(pattern)),
    ...others.toSorted(longestFirst).flatMap(prefixRoutes),
  ];
}

/**
 * "If a location is defined by a prefix string that ends with the slash character, and requests are processed by one of
 * proxy_pass …": who asks for it without the slash is sent there. It holds for exact paths, too, and where another location
 * has the path without the slash for its own it does not.
 */
function moves(all: readonly PlacedLocation[]): readonly Route[] {
  const own = new Set(all.map(({ location }) => pathOf(location)));
  const moved = new Map<string, Route>();
  for (const { location, answersAt } of all) {
    const to = pathOf(location);
    const path = to.slice(0, -1);
    if (answersAt === undefined || !to.endsWith("/") || path === "" || own.has(path)) continue;
    const action = { kind: "move", status: 301, path: to } as const;
    moved.set(path, { match: { kind: "exact", path }, action, origin: answersAt });
  }
  return [...moved.values()];
}

function pathOf(location: Placed): string {
  return location.kind === "pattern" ? "" : location.path;
}

function prefixRoutes({ location, routes }: Prefix): readonly Route[] {
  return routes({ kind: "prefix", path: location.path });
}

function patternRoutes({ location, routes }: Pattern, within?: string): readonly Route[] {
  const match = { kind: "regex", pattern: location.whole } as const;
  return routes(within === undefined ? match : { ...match, within });
}
