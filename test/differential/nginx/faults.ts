/** Faults that a translator of VirtualServers could have, each seeded into one step of the real flow. */

import type { Forward } from "#model/action.ts";
import type { Condition } from "#model/condition.ts";
import type { Route } from "#model/route.ts";
import type { Text } from "#model/text.ts";
import { type Fault, inRules } from "../harness/seeding.ts";

/** Each fault by a sentence that says what the translator then does. */
export const faults: Readonly<Record<string, Fault>> = {
  "takes an exact path for a prefix": inEach((route) =>
    route.match.kind === "exact"
      ? { ...route, match: { kind: "prefix", path: route.match.path } }
      : route,
  ),
  "takes a prefix by segments, not by letters": inEach((route) =>
    route.match.kind === "prefix" && /[^/]$/.test(route.match.path)
      ? { ...route, match: { kind: "segments", path: route.match.path } }
      : route,
  ),
  "tries the shortest prefix first": inOrder((routes) =>
    reordered(
      routes,
      ({ match }) => match.kind === "prefix",
      (some) => some.toReversed(),
    ),
  ),
  "tries prefixes before patterns": inOrder((routes) => [
    ...routes.filter(({ match }) => match.kind !== "regex" && !isLast({ match })),
    ...routes.filter(({ match }) => match.kind === "regex"),
    ...routes.filter(isLast),
  ]),
  "tries patterns before `^~`": inOrder((routes) => [
    ...routes.filter(({ match }) => match.kind === "exact"),
    ...routes.filter(({ match }) => match.kind === "regex"),
    ...routes.filter(({ match }) => match.kind !== "exact" && match.kind !== "regex"),
  ]),
  "tries patterns before exact paths": inOrder((routes) => [
    ...routes.filter(({ match }) => match.kind === "regex"),
    ...routes.filter(({ match }) => match.kind !== "regex"),
  ]),
  "tries the last pattern first": inOrder((routes) =>
    reordered(
      routes,
      ({ match }) => match.kind === "regex",
      (some) => some.toReversed(),
    ),
  ),
  "forgets patterns for prefixes below a `^~`": inOrder((routes) =>
    routes.filter(({ match }) => match.kind !== "regex" || match.within === undefined),
  ),
  "wants patterns to match from the start": inPatterns((pattern) =>
    pattern.replace(/^(\(\?i\))?\.\*/, "$1"),
  ),
  "wants patterns to match to the end": inPatterns((pattern) => pattern.replace(/\.\*$/, "")),
  "regards the case of every pattern": inPatterns((pattern) => pattern.replace("(?i)", "")),
  "regards the case of no pattern": inPatterns((pattern) => `(?i)${pattern}`),
  "sends nobody to the slash that a location ends with": inOrder((routes) =>
    routes.filter(({ action }) => action.kind !== "move"),
  ),
  "forgets rewrites": inForwards(({ rewrite: _, ...action }) => action),
  "rewrites the whole path for its prefix": inForwards((action) =>
    action.rewrite?.kind === "prefix"
      ? { ...action, rewrite: { kind: "whole", pattern: ".*", to: action.rewrite.to } }
      : action,
  ),
  "puts a slash behind a rewritten prefix": inForwards((action) =>
    action.rewrite?.kind === "prefix" && !action.rewrite.to.endsWith("/")
      ? { ...action, rewrite: { kind: "prefix", to: `${action.rewrite.to}/` } }
      : action,
  ),
  "mixes up the groups of a rewrite": inForwards((action) =>
    action.rewrite?.kind === "whole"
      ? { ...action, rewrite: { ...action.rewrite, to: action.rewrite.to.replace("\\1", "\\0") } }
      : action,
  ),
  "ignores conditions": inEach(({ conditions: _, ...route }) => route),
  "looks at the first condition only": inConditions((conditions) => conditions.slice(0, 1)),
  "forgets that a condition is negated": inConditions((conditions) =>
    conditions.map(({ negated: _, ...condition }) => condition),
  ),
  "takes what is empty for what is anything": inConditions((conditions) =>
    conditions.filter(({ value }) => value !== ""),
  ),
  "says every page with 200": inEach((route) =>
    route.action.kind === "respond"
      ? { ...route, action: { ...route.action, status: 200 } }
      : route,
  ),
  "redirects for good, whatever the code": inEach((route) =>
    route.action.kind === "redirect"
      ? { ...route, action: { ...route.action, status: 301 } }
      : route,
  ),
  "takes variables in redirects for nothing": inEach((route) =>
    route.action.kind === "redirect"
      ? { ...route, action: { ...route.action, location: withoutVariables(route.action.location) } }
      : route,
  ),
  "hands the first share everything": inEach(({ drawBelow: _, ...route }) => route),
  "forgets error pages": inForwards(({ errorAnswers: _, ...action }) => action),
  "takes the last error page for a status": inForwards(({ errorAnswers, ...action }) =>
    errorAnswers === undefined ? action : { ...action, errorAnswers: errorAnswers.toReversed() },
  ),
  "answers from the first upstream": inForwards((action) => ({
    ...action,
    backend: { ...action.backend, service: "one" },
  })),
};

function withoutVariables(text: Text): Text {
  return typeof text === "string" ? text : text.filter((part) => typeof part === "string");
}

function isLast({ match }: Pick<Route, "match">): boolean {
  return match.kind === "prefix" && match.path === "/";
}

function inOrder(change: (routes: readonly Route[]) => readonly Route[]): Fault {
  return inRules((rules) => rules.map((rule) => ({ ...rule, routes: change(rule.routes) })));
}

function inEach(change: (route: Route) => Route): Fault {
  return inOrder((routes) => routes.map(change));
}

function inPatterns(change: (pattern: string) => string): Fault {
  return inEach((route) =>
    route.match.kind === "regex"
      ? { ...route, match: { ...route.match, pattern: change(route.match.pattern) } }
      : route,
  );
}

function inForwards(change: (action: Forward) => Forward): Fault {
  return inEach((route) =>
    route.action.kind === "forward" ? { ...route, action: change(route.action) } : route,
  );
}

function inConditions(change: (conditions: readonly Condition[]) => readonly Condition[]): Fault {
  return inEach(({ conditions = [], ...route }) => {
    const changed = change(conditions);
    return changed.length === 0 ? route : { ...route, conditions: changed };
  });
}

/** The routes of one sort in another order, at the places that they had. */
function reordered(
  routes: readonly Route[],
  isMeant: (route: Route) => boolean,
  change: (some: readonly Route[]) => readonly Route[],
): readonly Route[] {
  const changed = change(routes.filter((route) => isMeant(route) && !isLast(route))).values();
  return routes.map((route) =>
    isMeant(route) && !isLast(route) ? (changed.next().value ?? route) : route,
  );
}
