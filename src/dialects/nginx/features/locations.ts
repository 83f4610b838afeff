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
import type { PathMatch, Route } from "#model/route.ts";
import type { Location } from "./path.ts";

/** A location and what it does: its routes, for a match that stands for it. */
export interface PlacedLocation {
  readonly location: Placed;
  readonly routes: (match: PathMatch) => readonly Route[];
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

function prefixRoutes({ location, routes }: Prefix): readonly Route[] {
  return routes({ kind: "prefix", path: location.path });
}

function patternRoutes({ location, routes }: Pattern, within?: string): readonly Route[] {
  const match = { kind: "regex", pattern: location.whole } as const;
  return routes(within === undefined ? match : { ...match, within });
}
