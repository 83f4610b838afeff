/**
 * What several objects want for one host, merged.
 *
 *   the oldest shares the host   → those who share merge, the older one has a path that two want; who wants all loses
 *   the oldest wants it whole    → it has it; all others lose
 *   answers to a certificate authority of the owner's namespace get in either way, before everything else
 */

import type { Finding } from "#base/finding.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import { compareSeniority, type HostRules, type Seniority } from "./fragment.ts";
import { compareRoutes } from "./order.ts";
import type { OwnPort } from "./own-port.ts";
import { formatTaken, pathText, type Route } from "./route.ts";
import type { Stream } from "./stream.ts";

/** One object's routes for the host. */
export interface Contribution {
  readonly seniority: Seniority;
  readonly ownership: HostRules["ownership"];
  readonly routes: readonly Route[];
  readonly passthrough?: Stream;
  readonly ports?: readonly OwnPort[];
  /** Where the object claims the host. */
  readonly origin: Origin;
}

export interface MergedRoutes {
  /** In the order in which they are tried. */
  readonly routes: readonly Route[];
  /** The oldest claim on the host. */
  readonly origin: Origin;
  /** Whose alone the host is; absent when it is shared. */
  readonly owner?: Seniority;
  /** To whom its handshakes are passed on unopened; absent: they are answered here. */
  readonly passthrough?: Stream;
  /** Where its requests are taken; absent: at the gate's own ports. */
  readonly ports?: readonly OwnPort[];
  readonly findings: readonly Finding[];
}

/** Merges contributions given in any order; at least one. */
export function mergeRoutes(contributions: Iterable<Contribution>): MergedRoutes {
  const bySeniority = [...contributions].sort((a, b) => compareSeniority(a.seniority, b.seniority));
  const [oldest, ...others] = bySeniority;
  if (oldest === undefined) throw new Error("a host without a claim was merged");
  if (oldest.ownership === "shared") {
    const sharing = bySeniority.filter(({ ownership }) => ownership === "shared");
    const losers = bySeniority.filter(({ ownership }) => ownership === "whole");
    const merged = mergeShared(sharing);
    return {
      routes: [...merged.routes].sort(compareRoutes),
      origin: oldest.origin,
      findings: [...merged.findings, ...losers.map((loser) => taken(loser, oldest))],
    };
  }
  const { namespace } = oldest.seniority;
  const guests = others.map((other) => ({
    ...other,
    routes: other.routes.filter(
      ({ challenge }) => challenge === true && other.seniority.namespace === namespace,
    ),
  }));
  const challenges = mergeShared(guests);
  const losers = others.filter(({ routes }, index) => {
    const welcome = guests[index]?.routes ?? [];
    return welcome.length === 0 || welcome.length < routes.length;
  });
  return {
    routes: [...[...challenges.routes].sort(compareRoutes), ...oldest.routes],
    origin: oldest.origin,
    owner: oldest.seniority,
    ...(oldest.passthrough === undefined ? {} : { passthrough: oldest.passthrough }),
    ...(oldest.ports === undefined ? {} : { ports: oldest.ports }),
    findings: [...challenges.findings, ...losers.map((loser) => taken(loser, oldest))],
  };
}

/** In no order yet; of two with one match the older one. */
function mergeShared(bySeniority: readonly Contribution[]): {
  readonly routes: Iterable<Route>;
  readonly findings: readonly Finding[];
} {
  const byMatch = new Map<string, Route>();
  const findings: Finding[] = [];
  for (const { routes } of bySeniority) {
    for (const route of routes) {
      const match = formatTaken(route);
      const winner = byMatch.get(match);
      if (winner === undefined) byMatch.set(match, route);
      else findings.push(conflict(route, winner));
    }
  }
  return { routes: byMatch.values(), findings };
}

function conflict(loser: Route, winner: Route): Finding {
  return {
    severity: "warning",
    reason: "RouteConflict",
    origin: loser.origin,
    message: `path ${pathText(winner.match)} of this host is already taken by ${formatOrigin(winner.origin)}, which is older or comes first`,
    advice: "change the path or the host of one of the two, or remove one",
  };
}

function taken(loser: Contribution, winner: Contribution): Finding {
  const why =
    loser.ownership === "whole"
      ? "Host is taken by another resource"
      : "Host belongs to another resource alone";
  return {
    severity: "warning",
    reason: "HostTaken",
    origin: loser.origin,
    message: `${why}: ${formatOrigin({ ...winner.origin, path: "" })}, which is older`,
    advice:
      "change the host of one of the two, or remove one; this object has it then without more ado",
  };
}
