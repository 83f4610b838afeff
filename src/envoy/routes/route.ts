/** One route of the model → Envoy's, as what `encodeMessage` takes. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { formatOrigin } from "#base/origin.ts";
import { unreachable } from "#base/unreachable.ts";
import type { HeaderValueOptionSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import type {
  DirectResponseActionSchema,
  RetryPolicySchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { backendName } from "#model/backend.ts";
import type { Action, PathMatch, Route } from "#model/route.ts";
import { durationOf } from "../encode.ts";
import { withAuthorization } from "../filters/authorization.ts";

export type EnvoyRoute = MessageInitShape<typeof RouteSchema>;
type HeaderValueOption = MessageInitShape<typeof HeaderValueOptionSchema>;
interface Retries {
  readonly retryPolicy?: MessageInitShape<typeof RetryPolicySchema>;
}

type Forward = Extract<Action, { kind: "forward" }>;
type Respond = Extract<Action, { kind: "respond" }>;

export interface RouteOptions {
  /** Whether Envoy counts the requests of each route, under the route's name. */
  readonly routeStatistics: boolean;
}

/** What all forwarding routes of a host have in common: said once, not by each of them. */
export interface SharedByRoutes extends Retries {
  readonly requestHeadersToAdd: HeaderValueOption[];
}

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
  return {
    name,
    ...(routeStatistics ? { statPrefix: name } : {}),
    match: matchOf(route.match),
    action: actionOf(route.action, shared),
    ...protectionsOf(route),
    ...(shared.requestHeadersToAdd.length > 0 ? {} : headersOf(route.action)),
  };
}

function protectionsOf({ protections = [] }: Route): Pick<EnvoyRoute, "typedPerFilterConfig"> {
  return protections.length === 0 ? {} : { typedPerFilterConfig: withAuthorization(protections) };
}

/** Paths that no request has: `?` and `#` end a path, and Envoy refuses a segment prefix with them. */
export function canMatch({ match }: Route): boolean {
  return !/[?#]/.test(match.path);
}

function matchOf(match: PathMatch): MessageInitShape<typeof RouteMatchSchema> {
  switch (match.kind) {
    case "exact":
      return { pathSpecifier: { case: "path", value: match.path } };
    case "segments":
      return { pathSpecifier: { case: "pathSeparatedPrefix", value: match.path } };
    case "prefix":
      return { pathSpecifier: { case: "prefix", value: match.path } };
    default:
      return unreachable(match);
  }
}

function actionOf(action: Action, shared: SharedByRoutes): NonNullable<EnvoyRoute["action"]> {
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

const forwardedHost: HeaderValueOption = {
  header: { key: "x-forwarded-host", value: "%REQ(:AUTHORITY)%" },
  appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
};

/** Envoy's own total timeout would be 15 s; 0 means none. */
function forwardTo(
  action: Forward,
  shared: SharedByRoutes,
): MessageInitShape<typeof RouteActionSchema> {
  return {
    clusterSpecifier: { case: "cluster", value: backendName(action.backend) },
    timeout: durationOf(0),
    idleTimeout: durationOf(action.idleTimeoutMs),
    ...(shared.retryPolicy === undefined ? retriesOf(action) : {}),
  };
}

function retriesOf({ connectRetries }: Forward): Retries {
  if (connectRetries === 0) return {};
  return { retryPolicy: { retryOn: "connect-failure", numRetries: connectRetries } };
}

/** Without a body there is no content type either. */
function respondWith(action: Respond): MessageInitShape<typeof DirectResponseActionSchema> {
  const { status, body } = action;
  return {
    status,
    ...(body === undefined || body === ""
      ? {}
      : { body: { specifier: { case: "inlineString", value: body } } }),
  };
}
