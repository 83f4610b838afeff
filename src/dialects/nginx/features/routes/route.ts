/** A route or subroute: where it is, and what answers there, under which conditions and for which share of requests. */

import { quoteRe2 } from "#base/re2.ts";
import type {
  Match,
  Action as NginxAction,
  Route as NginxRoute,
  Split,
} from "#kinds/nginx/route.ts";
import type { Action } from "#model/action.ts";
import type { Condition } from "#model/condition.ts";
import type { PathMatch, Route } from "#model/route.ts";
import { type Inherited, withInherited } from "../../added-headers.ts";
import { type FieldSupport, served } from "../../field-support.ts";
import { placeOf, type Report, refuses, requires, warns } from "../../report.ts";
import type { Protection } from "../policies/policies.ts";
import { hasSnippet } from "../unapplied.ts";
import { type ActionContext, broken, translateAction } from "./action.ts";
import { translateConditions } from "./conditions.ts";
import type { Placed, PlacedLocation } from "./locations.ts";
import { type Location, literalStart, wholePattern } from "./path.ts";

/** What becomes of the fields of a route, its actions and conditions apart. */
export const routeSupport: FieldSupport = {
  path: served,
  // A rule that is not applied is told of where the policy is.
  "policies[].name": served,
  "policies[].namespace": served,
  route: served,
  "routeSelector.matchLabels": served,
  "routeSelector.matchExpressions[].key": served,
  "routeSelector.matchExpressions[].operator": served,
  "routeSelector.matchExpressions[].values": served,
  "splits[].weight": served,
  "matches[].splits[].weight": served,
  "errorPages[].codes": served,
  "errorPages[].return.code": served,
  "errorPages[].return.type": served,
  "errorPages[].return.body": served,
  "errorPages[].return.headers[].name": served,
  "errorPages[].return.headers[].value": served,
  "errorPages[].redirect.url": served,
  "errorPages[].redirect.code": served,
  "location-snippets": {
    support: "refused",
    why: "nginx's own language is not understood, so 503",
  },
  "add-header-inherit": served,
  dos: { support: "refused", why: "there is no such module" },
};

/** One of the things that a route may do with a request. */
interface Alternative {
  readonly at: string;
  readonly conditions: readonly Condition[];
  readonly drawBelow?: number;
  readonly action: Action;
}

const unavailable: Action = { kind: "respond", status: 503 };

export interface RouteContext extends ActionContext {
  readonly inherited: Inherited;
}

/** A route that answers itself, at its location. */
export function translateRoute(
  route: NginxRoute,
  at: string,
  context: RouteContext,
  protect: Protection,
): PlacedLocation {
  const { report, location } = context;
  const alternatives = alternativesOf(route, at, context);
  const isSnippetLost = hasSnippet(route["location-snippets"], `${at}.location-snippets`, report);
  const placed = placeLocation(location, `${at}.path`, report);
  const actionOf = (action: Action): Action => {
    if (!placed.isExact || alternatives === "untestable") return broken;
    return isSnippetLost ? unavailable : withInherited(action, context.inherited);
  };
  const all =
    alternatives === "untestable" ? [{ at, conditions: [], action: broken }] : alternatives;
  const routes = (match: PathMatch): readonly Route[] =>
    all.map(({ at: place, conditions, drawBelow, action }: Alternative) => ({
      match,
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(drawBelow === undefined ? {} : { drawBelow }),
      action: actionOf(action),
      origin: placeOf(report, place),
    }));
  const isChoice = (route.matches ?? []).length > 0 || (route.splits ?? []).length > 0;
  return {
    location: placed.location,
    routes: (match) => protect(routes(match)),
    ...(isChoice ? {} : { answersAt: placeOf(report, at) }),
  };
}

/** A location at which one action answers everything. */
export function placeAction(
  location: Location,
  at: string,
  report: Report,
  action: Action,
): PlacedLocation {
  const placed = placeLocation(location, `${at}.path`, report);
  const origin = placeOf(report, at);
  return {
    location: placed.location,
    routes: (match) => [{ match, action: placed.isExact ? action : broken, origin }],
  };
}

/**
 * A pattern that RE2 cannot do takes all paths that it might take: those that begin as it does. Left out, it would hand
 * them to a location that may be open to everybody.
 */
function placeLocation(
  location: Location,
  at: string,
  report: Report,
): { readonly location: Placed; readonly isExact: boolean } {
  if (location.kind !== "pattern") return { location, isExact: true };
  const whole = wholePattern(location);
  if (whole.ok) return { location: { kind: "pattern", whole: whole.value }, isExact: true };
  const start = literalStart(location.regex);
  warns(report, at, {
    reason: "PatternNotServed",
    message: `the pattern ${location.regex} cannot be used: ${whole.error}; ${start === "" ? "every path that no exact path takes" : `paths that begin with ${start}`} gets 500`,
    advice:
      "write it without what only PCRE has: lookaround, back references, possessive or atomic groups",
  });
  const prefix = `${location.anyCase ? "(?i)" : ""}${quoteRe2(start)}.*`;
  return { location: { kind: "pattern", whole: prefix }, isExact: false };
}

function alternativesOf(
  route: NginxRoute,
  at: string,
  context: ActionContext,
): readonly Alternative[] | "untestable" {
  const { report } = context;
  const matches = (route.matches ?? []).map((match, index) =>
    matchAlternatives(match ?? {}, `${at}.matches[${index}]`, context),
  );
  const { action, splits = [] } = route;
  if ((action === undefined) === (splits.length === 0)) {
    refuses(report, at, "", "must specify exactly one of `action` or `splits`");
    return [];
  }
  const last = choices({ action, splits }, at, { conditions: [], context });
  if (matches.includes("untestable")) return "untestable";
  return [...matches.flatMap((one) => (one === "untestable" ? [] : one)), ...last];
}

function matchAlternatives(
  match: Match,
  at: string,
  context: ActionContext,
): readonly Alternative[] | "untestable" {
  const conditions = translateConditions(match, at, context.report);
  const { action, splits = [] } = match;
  if ((action === undefined) === (splits.length === 0)) {
    refuses(context.report, at, "", "must specify exactly one of `action` or `splits`");
    return [];
  }
  if (conditions === "untestable") return "untestable";
  return choices({ action, splits }, at, { conditions: conditions ?? [], context });
}

/** One action, or several that share the requests. */
function choices(
  {
    action,
    splits,
  }: { readonly action: NginxAction | undefined; readonly splits: readonly (Split | undefined)[] },
  at: string,
  {
    conditions,
    context,
  }: { readonly conditions: readonly Condition[]; readonly context: ActionContext },
): readonly Alternative[] {
  if (splits.length === 0) {
    const translated = translateAction(action, `${at}.action`, context);
    return translated === undefined ? [] : [{ at, conditions, action: translated }];
  }
  return shareRequests(splits, `${at}.splits`, context).map((share) => ({ ...share, conditions }));
}

/** Each share takes the draws that are left below its sum; the last takes what is left. */
function shareRequests(
  splits: readonly (Split | undefined)[],
  at: string,
  context: ActionContext,
): readonly Omit<Alternative, "conditions">[] {
  const { report } = context;
  if (splits.length < 2) {
    refuses(report, at, "", "must include at least 2 splits");
    return [];
  }
  const shares: Omit<Alternative, "conditions">[] = [];
  let sum = 0;
  for (const [index, split] of splits.entries()) {
    const place = `${at}[${index}]`;
    const weight = split?.weight ?? 0;
    if (weight < 0 || weight > 100)
      refuses(report, `${place}.weight`, weight, "must be between 0 and 100, inclusive");
    sum += weight;
    if (split?.action === undefined) requires(report, `${place}.action`);
    const action = split?.action && translateAction(split.action, `${place}.action`, context);
    if (action === undefined || weight <= 0) continue;
    shares.push({ at: place, action, ...(sum === 100 ? {} : { drawBelow: sum }) });
  }
  if (sum !== 100)
    refuses(report, at, "", "the sum of the weights of all splits must be equal to 100");
  return shares;
}
