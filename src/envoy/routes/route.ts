/** One route of the model → Envoy's. */

import { create } from "@bufbuild/protobuf";
import { formatOrigin } from "#base/origin.ts";
import { unreachable } from "#base/unreachable.ts";
import type { HeaderValueOption } from "#gen/envoy/config/core/v3/base_pb.ts";
import {
  HeaderValueOption_HeaderAppendAction,
  HeaderValueOptionSchema,
} from "#gen/envoy/config/core/v3/base_pb.ts";
import type {
  DirectResponseAction,
  Route as EnvoyRoute,
  VirtualHost as EnvoyVirtualHost,
  RetryPolicy,
  RouteAction,
  RouteMatch,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import {
  DirectResponseActionSchema,
  RetryPolicySchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { backendName } from "#model/backend.ts";
import type { Action, PathMatch, Route } from "#model/route.ts";
import { durationOf } from "../encode.ts";

type Forward = Extract<Action, { kind: "forward" }>;
type Respond = Extract<Action, { kind: "respond" }>;

export interface RouteOptions {
  /** Whether Envoy counts the requests of each route, under the route's name. */
  readonly routeStatistics: boolean;
}

/** What all forwarding routes of a host have in common: said once, not by each of them. */
export type SharedByRoutes = Pick<EnvoyVirtualHost, "requestHeadersToAdd"> &
  Partial<Pick<EnvoyVirtualHost, "retryPolicy">>;

/** Envoy applies it to the routes that do not say otherwise; what only some routes want stays with them. */
export function sharedByRoutes(routes: readonly Route[]): SharedByRoutes {
  const forwards = routes.flatMap(({ action }) => (action.kind === "forward" ? [action] : []));
  const [first] = forwards;
  if (first === undefined) return { requestHeadersToAdd: [] };
  const isShared = (of: (action: Forward) => unknown): boolean =>
    forwards.every((action) => of(action) === of(first));
  return {
    requestHeadersToAdd: isShared((action) => action.forwardedHost)
      ? (headersOf(first).requestHeadersToAdd ?? [])
      : [],
    ...(isShared((action) => action.connectRetries) ? retriesOf(first) : {}),
  };
}

/** The route's name is its origin: so the access log says which rule answered. */
export function buildRoute(
  route: Route,
  { routeStatistics }: RouteOptions,
  shared: SharedByRoutes,
): EnvoyRoute {
  const name = formatOrigin(route.origin);
  return create(RouteSchema, {
    name,
    ...(routeStatistics ? { statPrefix: name } : {}),
    match: create(RouteMatchSchema, { pathSpecifier: pathSpecifierOf(route.match) }),
    action: actionOf(route.action, shared),
    ...(shared.requestHeadersToAdd.length > 0 ? {} : headersOf(route.action)),
  });
}

/** Paths that no request has: `?` and `#` end a path, and Envoy refuses a segment prefix with them. */
export function canMatch({ match }: Route): boolean {
  return !/[?#]/.test(match.path);
}

function pathSpecifierOf(match: PathMatch): RouteMatch["pathSpecifier"] {
  switch (match.kind) {
    case "exact":
      return { case: "path", value: match.path };
    case "segments":
      return { case: "pathSeparatedPrefix", value: match.path };
    case "prefix":
      return { case: "prefix", value: match.path };
    default:
      return unreachable(match);
  }
}

function actionOf(action: Action, shared: SharedByRoutes): EnvoyRoute["action"] {
  switch (action.kind) {
    case "forward":
      return { case: "route", value: forwardTo(action, shared) };
    case "respond":
      return { case: "directResponse", value: respondWith(action) };
    default:
      return unreachable(action);
  }
}

function headersOf(action: Action): { requestHeadersToAdd?: HeaderValueOption[] } {
  return action.kind === "forward" && action.forwardedHost === true
    ? { requestHeadersToAdd: [forwardedHost] }
    : {};
}

const forwardedHost = create(HeaderValueOptionSchema, {
  header: { key: "x-forwarded-host", value: "%REQ(:AUTHORITY)%" },
  appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
});

/** Envoy's own total timeout would be 15 s; 0 means none. */
function forwardTo(action: Forward, shared: SharedByRoutes): RouteAction {
  return create(RouteActionSchema, {
    clusterSpecifier: { case: "cluster", value: backendName(action.backend) },
    timeout: durationOf(0),
    idleTimeout: durationOf(action.idleTimeoutMs),
    ...(shared.retryPolicy === undefined ? retriesOf(action) : {}),
  });
}

function retriesOf({ connectRetries }: Forward): { retryPolicy?: RetryPolicy } {
  if (connectRetries === 0) return {};
  const retryOn = "connect-failure";
  return { retryPolicy: create(RetryPolicySchema, { retryOn, numRetries: connectRetries }) };
}

/** Without a body there is no content type either. */
function respondWith(action: Respond): DirectResponseAction {
  const { status, body } = action;
  return create(DirectResponseActionSchema, {
    status,
    ...(body === undefined || body === ""
      ? {}
      : { body: { specifier: { case: "inlineString", value: body } } }),
  });
}
