/** What several objects want for one host, merged: the older object wins where two want the same path. */

import type { Finding } from "#base/finding.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import { compareSeniority, type Seniority } from "./fragment.ts";
import { compareRoutes } from "./order.ts";
import { formatMatch, type Route } from "./route.ts";

/** One object's routes for the host. */
export interface Contribution {
  readonly seniority: Seniority;
  readonly routes: readonly Route[];
  /** Where the object claims the host. */
  readonly origin: Origin;
}

export interface MergedRoutes {
  /** In the order in which they are tried. */
  readonly routes: readonly Route[];
  /** The oldest claim on the host. */
  readonly origin: Origin;
  readonly findings: readonly Finding[];
}

/** Merges contributions given in any order; at least one. */
export function mergeRoutes(contributions: Iterable<Contribution>): MergedRoutes {
  const bySeniority = [...contributions].sort((a, b) => compareSeniority(a.seniority, b.seniority));
  const taken = new Map<string, Route>();
  const findings: Finding[] = [];
  for (const contribution of bySeniority) {
    for (const route of contribution.routes) {
      const match = formatMatch(route.match);
      const winner = taken.get(match);
      if (winner === undefined) taken.set(match, route);
      else findings.push(conflict(route, winner));
    }
  }
  const [oldest] = bySeniority;
  if (oldest === undefined) throw new Error("a host without a claim was merged");
  return { routes: [...taken.values()].sort(compareRoutes), origin: oldest.origin, findings };
}

function conflict(loser: Route, winner: Route): Finding {
  return {
    severity: "warning",
    reason: "RouteConflict",
    origin: loser.origin,
    message: `path ${winner.match.path} of this host is already taken by ${formatOrigin(winner.origin)}, which is older or comes first`,
    advice: "change the path or the host of one of the two, or remove one",
  };
}
