/** One route of the model → Envoy's, as what `encodeMessage` takes. */

import { formatOrigin } from "#base/origin.ts";
import type {
  RetryPolicySchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { Action, Forward } from "#model/action.ts";
import type { Host } from "#model/host.ts";
import type { RateLimits } from "#model/rate-limit.ts";
import type { Route } from "#model/route.ts";
import type { Init } from "../encode.ts";
import { withAuthorization } from "../filters/authorization.ts";
import { mostHeldBytes, withBodyLimit } from "../filters/body-limit.ts";
import { withClientRule } from "../filters/client-rule.ts";
import { changesErrors, withErrorAnswers } from "../filters/error-answers.ts";
import { withOpenGate } from "../filters/gate.ts";
import { hasHeaderScript, withHeaderScript } from "../filters/header-script.ts";
import { withUnpacking } from "../filters/unpacking.ts";
import { locationFromHeader, locationToHeader } from "../internal-headers.ts";
import { answerHeaders, buildAnswer } from "./answer.ts";
import { formatText } from "./format-text.ts";
import { buildForward, type RequestHeaders, requestHeadersOf, retriesOf } from "./forward.ts";
import { type HeaderValueOption, headersToAdd, headersToRemove, setHeader } from "./headers.ts";
import { buildMatch, longerThan } from "./route-match.ts";
import { ownLimits, sharedLimits } from "./shared-limits.ts";

export type EnvoyRoute = Init<typeof RouteSchema>;

export interface RouteOptions {
  /** Whether Envoy counts the requests of each route, under the route's name. */
  readonly routeStatistics: boolean;
}

interface ResponseHeaders {
  readonly responseHeadersToAdd?: HeaderValueOption[];
  readonly responseHeadersToRemove?: string[];
}

/** What routes of a host have in common: said once, not by each of them. */
export interface SharedByRoutes {
  /** Absent: they differ in it. */
  readonly requestHeaders?: RequestHeaders;
  /** Absent: they differ in it. */
  readonly responseHeaders?: ResponseHeaders;
  /** Absent: they differ in it. */
  readonly retries?: { readonly retryPolicy?: Init<typeof RetryPolicySchema> };
  /** What those with limits share; absent: no route has any. */
  readonly limits?: RateLimits;
}

/** Envoy applies it to the routes that do not say otherwise; what only some routes want stays with them. */
export function sharedByRoutes(routes: readonly Route[], host: Host): SharedByRoutes {
  const forwards = routes.flatMap(({ action }) => (action.kind === "forward" ? [action] : []));
  const [first] = forwards;
  const limits = sharedLimits(routes);
  const limited = limits === undefined ? {} : { limits };
  if (first === undefined) return limited;
  const isShared = (of: (action: Forward) => unknown): boolean =>
    forwards.every((action) => JSON.stringify(of(action)) === JSON.stringify(of(first)));
  return {
    ...limited,
    ...(isShared(({ forwardedHost, requestHeaders }) => [forwardedHost, requestHeaders])
      ? { requestHeaders: requestHeadersOf(first, host) }
      : {}),
    // What is added would be on the answers of routes that do not forward, too.
    ...(isShared(({ responseHeaders }) => responseHeaders) && removesOnly(first)
      ? { responseHeaders: responseHeadersOf(first, host) }
      : {}),
    ...(isShared(({ connectRetries, retries }) => [connectRetries, retries])
      ? { retries: retriesOf(first) }
      : {}),
  };
}

/**
 * The route's name is its origin: so the access log says which rule answered. Bodies that are too long to be held are
 * turned away by the length that they declare, which is another route.
 */
export function buildRoutes(
  route: Route,
  host: Host,
  options: RouteOptions,
  shared: SharedByRoutes,
): readonly EnvoyRoute[] {
  const own = buildRoute(route, host, options, shared);
  const { action } = route;
  const limit = action.kind === "forward" ? (action.maxBodyBytes ?? 0) : 0;
  if (limit <= mostHeldBytes) return [own];
  const match = buildMatch(route);
  const headers = [...(match.headers ?? []), longerThan(limit)];
  const refusal = { case: "directResponse", value: { status: 413 } } as const;
  return [{ name: own.name, match: { ...match, headers }, action: refusal }, own];
}

function buildRoute(
  route: Route,
  host: Host,
  { routeStatistics }: RouteOptions,
  shared: SharedByRoutes,
): Init<typeof RouteSchema> & { readonly name: string } {
  const name = formatOrigin(route.origin);
  return {
    name,
    ...(routeStatistics ? { statPrefix: name } : {}),
    match: buildMatch(route),
    action: actionOf(route.action, host, shared),
    ...headersOf(route.action, host, shared),
    ...perFilterOf(route, host, shared),
  };
}

/** How filters deal with the route that all other routes have off. */
function perFilterOf(
  route: Route,
  host: Host,
  { limits }: SharedByRoutes,
): Pick<EnvoyRoute, "typedPerFilterConfig"> {
  const { action, clients, protections = [], challenge, match } = route;
  const limit = action.kind === "forward" ? action.maxBodyBytes : undefined;
  const typedPerFilterConfig = {
    ...(action.kind === "forward" && action.unpacks === true ? withUnpacking() : {}),
    ...(action.kind === "forward" && hasHeaderScript(action) ? withHeaderScript(action) : {}),
    ...(action.kind === "forward" && changesErrors(action) ? withErrorAnswers(action, host) : {}),
    // Authorities ask from anywhere.
    ...(challenge === true && match.kind === "exact" ? withOpenGate() : {}),
    ...ownLimits(route, limits),
    ...(clients === undefined ? {} : withClientRule(clients)),
    ...(protections.length === 0 ? {} : withAuthorization(protections)),
    ...(limit === undefined || limit > mostHeldBytes ? {} : withBodyLimit(limit)),
  };
  return Object.keys(typedPerFilterConfig).length === 0 ? {} : { typedPerFilterConfig };
}

function actionOf(
  action: Action,
  host: Host,
  shared: SharedByRoutes,
): NonNullable<EnvoyRoute["action"]> {
  if (action.kind === "move") {
    // Without a code Envoy sends 301.
    const pathRewriteSpecifier = { case: "pathRedirect", value: action.path } as const;
    return { case: "redirect", value: { pathRewriteSpecifier } };
  }
  if (action.kind !== "forward")
    return { case: "directResponse", value: buildAnswer(action, host) };
  const own = shared.retries === undefined ? retriesOf(action) : {};
  return { case: "route", value: { ...buildForward(action, host), ...own } };
}

function headersOf(
  action: Action,
  host: Host,
  shared: SharedByRoutes,
): Omit<EnvoyRoute, "name" | "match" | "action"> {
  if (action.kind === "move") return {};
  if (action.kind !== "forward") {
    const added = answerHeaders(action, host);
    return {
      ...(added.length === 0 ? {} : { responseHeadersToAdd: [...added] }),
      // Envoy puts the URL of the request there, though nothing was made.
      ...(action.status === 201 ? { responseHeadersToRemove: ["location"] } : {}),
    };
  }
  return {
    ...(shared.requestHeaders === undefined ? requestHeadersOf(action, host) : {}),
    ...(shared.responseHeaders === undefined ? responseHeadersOf(action, host) : {}),
  };
}

function removesOnly({ responseHeaders = [], locations }: Forward): boolean {
  return locations === undefined && responseHeaders.every(({ kind }) => kind === "remove");
}

function responseHeadersOf(
  { responseHeaders = [], locations }: Forward,
  host: Host,
): ResponseHeaders {
  const added = [
    ...headersToAdd(responseHeaders, host),
    ...(locations === undefined
      ? []
      : [
          setHeader(locationFromHeader, formatText(locations.from, host)),
          setHeader(locationToHeader, formatText(locations.to, host)),
        ]),
  ];
  const removed = headersToRemove(responseHeaders);
  return {
    ...(added.length === 0 ? {} : { responseHeadersToAdd: [...added] }),
    ...(removed.length === 0 ? {} : { responseHeadersToRemove: [...removed] }),
  };
}
