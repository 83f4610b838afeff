/** A virtual host → its route configuration: a small one for each host, so that a change costs the same at any size. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { clientAddressHeader } from "#authorization/policy.ts";
import { compareText } from "#base/compare.ts";
import { formatOrigin } from "#base/origin.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { backendName } from "#model/backend.ts";
import { formatClientCertificates } from "#model/client-certificate.ts";
import { formatClientRule } from "#model/client-rule.ts";
import { formatHost, type Host } from "#model/host.ts";
import { formatOwnPort } from "#model/own-port.ts";
import { protectionName } from "#model/protection.ts";
import { formatRateLimits, type RateLimits } from "#model/rate-limit.ts";
import { formatTaken, type Route } from "#model/route.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import { encodeResource } from "../encode.ts";
import { authorizationName, withoutAuthorization } from "../filters/authorization.ts";
import { bodyLimitName, withoutBodyLimit } from "../filters/body-limit.ts";
import { clientRuleName, withoutClientRule } from "../filters/client-rule.ts";
import { withoutLookups } from "../filters/connection-group.ts";
import { changesErrors, withoutErrorAnswers } from "../filters/error-answers.ts";
import { withoutGate } from "../filters/gate.ts";
import { hasHeaderScript, headerScriptName } from "../filters/header-script.ts";
import { leftOut } from "../filters/left-out.ts";
import { rateLimitName, withoutRateLimits, withRateLimits } from "../filters/rate-limit.ts";
import { connectionHeader, ownPortHeader, scopeHeader } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import { bodyBytes } from "./answer.ts";
import { byCertificate } from "./client-certificate.ts";
import type { ConnectionGuard } from "./misdirected.ts";
import { buildMisdirectedRoute, buildWrongPortRoute, protectionsOfGuard } from "./misdirected.ts";
import {
  buildRoutes,
  type EnvoyRoute,
  type RouteOptions,
  type SharedByRoutes,
  sharedByRoutes,
} from "./route.ts";
import { canMatch } from "./route-match.ts";
import { hostResourceName } from "./scope.ts";

/** Envoy adds the last one itself, after the early header mutations; backends have X-Forwarded-For. */
const alwaysRemoved = [scopeHeader, "x-envoy-external-address"];

/** What Envoy takes as the body of a direct response unless told otherwise. */
const defaultMaxBodyBytes = 4096;

export interface RouteConfigurationOptions extends RouteOptions {
  /** Whether only some clients may send requests. */
  readonly limitsClients: boolean;
  /** What of our headers, beside that of the scope, a request may have, for no backend to see. */
  readonly internalHeaders: readonly string[];
  /** Default: that of the host. */
  readonly name?: string;
}

const inAnyLayout: RouteConfigurationOptions = {
  routeStatistics: false,
  limitsClients: true,
  internalHeaders: [connectionHeader, clientAddressHeader],
};

/** The scope has chosen the host already, so the one virtual host in it takes every authority. */
export function buildRouteConfiguration(
  virtualHost: VirtualHost,
  guard: ConnectionGuard,
  options: RouteConfigurationOptions = inAnyLayout,
): Resource {
  const { name = hostResourceName(virtualHost.host) } = options;
  const origin = formatOrigin(virtualHost.origin);
  const misdirected = buildMisdirectedRoute(guard, origin);
  const wrongPort = virtualHost.ports && buildWrongPortRoute(virtualHost.ports, origin);
  const { host, clients } = virtualHost;
  const routes = virtualHost.routes
    .filter(canMatch)
    .flatMap((route) => byCertificate(route, clients));
  const shared = sharedByRoutes(routes, host);
  const message: MessageInitShape<typeof RouteConfigurationSchema> = {
    name,
    virtualHosts: [
      {
        name: formatHost(virtualHost.host),
        domains: ["*"],
        routes: [
          ...(wrongPort === undefined ? [] : [uncounted(wrongPort, shared.limits)]),
          ...(misdirected === undefined ? [] : [uncounted(misdirected, shared.limits)]),
          ...routes.flatMap((route) => buildRoutes(route, host, options, shared)),
        ],
        ...shared.requestHeaders,
        ...shared.responseHeaders,
        ...shared.retries,
        typedPerFilterConfig: {
          ...leftOut(...unusedFilters(routes, shared)),
          ...(shared.limits === undefined ? {} : withRateLimits(shared.limits)),
        },
      },
    ],
    requestHeadersToRemove: [
      ...alwaysRemoved,
      ...options.internalHeaders,
      ...(wrongPort === undefined ? [] : [ownPortHeader]),
    ],
    typedPerFilterConfig: {
      ...(hasOneWay(virtualHost) && !options.limitsClients ? withoutGate() : {}),
      ...withoutLookups(),
      ...withoutClientRule(),
      ...withoutAuthorization(),
      ...withoutBodyLimit(),
      ...(routes.some(hasErrorAnswers) ? {} : withoutErrorAnswers()),
    },
    ...maxBodyOf(routes, host),
  };
  return encodeResource(
    {
      ...{ type: "routes", name },
      needs: [
        ...[...clustersOf(routes)].map((name) => ({ type: "cluster", name }) as const),
        ...[...policiesOf(routes)].map((name) => ({ type: "policy", name }) as const),
      ],
      protections: [
        ...protectionsOfGuard(guard),
        ...protectionsOfPorts(virtualHost),
        ...routes.flatMap(protectionOf),
      ],
    },
    RouteConfigurationSchema,
    message,
  );
}

function protectionsOfPorts({ ports }: VirtualHost): readonly string[] {
  if (ports === undefined) return [];
  return [`all ports but ${ports.map(formatOwnPort).sort(compareText).join(" ")}`];
}

/** What came over the wrong connection, or at the wrong port, is no request of the host's clients. */
function uncounted(misdirected: EnvoyRoute, limits: RateLimits | undefined): EnvoyRoute {
  if (limits === undefined) return misdirected;
  const { typedPerFilterConfig } = misdirected;
  return {
    ...misdirected,
    typedPerFilterConfig: { ...typedPerFilterConfig, ...withoutRateLimits() },
  };
}

function clustersOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(
    routes.flatMap(({ action }) =>
      action.kind === "forward" ? [backendName(action.backend)] : [],
    ),
  );
}

function policiesOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.flatMap(({ protections = [] }) => protections.map(protectionName)));
}

/** A route that keeps people out; what is merely not there (404) or broken (5xx) protects nobody. */
function protectionOf(route: Route): readonly string[] {
  const { action, clients, clientCertificates, protections = [], rateLimits } = route;
  const place = formatTaken(route);
  const keepsOut = action.kind === "respond" && (action.status === 401 || action.status === 403);
  return [
    ...(keepsOut ? [`${action.status} ${place}`] : []),
    ...protections.map((protection) => `${protectionName(protection)} ${place}`),
    ...(clients === undefined ? [] : [`${formatClientRule(clients)} ${place}`]),
    ...(clientCertificates === undefined
      ? []
      : [`${formatClientCertificates(clientCertificates)} ${place}`]),
    ...(rateLimits === undefined ? [] : [`${formatRateLimits(rateLimits)} ${place}`]),
  ];
}

/**
 * What none of the routes uses is left out by the virtual host: 8 percent of the instructions of a request. The route configuration has them
 * off as well, which is what a request meets whose first lookup missed.
 */
function unusedFilters(routes: readonly Route[], { limits }: SharedByRoutes): readonly string[] {
  const isUsed: Readonly<Record<string, boolean>> = {
    [rateLimitName]: limits !== undefined,
    [clientRuleName]: routes.some(({ clients }) => clients !== undefined),
    [authorizationName]: routes.some(({ protections = [] }) => protections.length > 0),
    [bodyLimitName]: routes.some(hasBodyLimit),
    [headerScriptName]: routes.some(
      ({ action }) => action.kind === "forward" && hasHeaderScript(action),
    ),
  };
  return Object.keys(isUsed).filter((name) => isUsed[name] !== true);
}

function hasBodyLimit({ action }: Route): boolean {
  return action.kind === "forward" && action.maxBodyBytes !== undefined;
}

function hasErrorAnswers({ action }: Route): boolean {
  return action.kind === "forward" && changesErrors(action);
}

/** All paths go one way, so that no path climbs out of another's. */
function hasOneWay({ routes }: VirtualHost): boolean {
  return routes.length === 1;
}

function maxBodyOf(
  routes: readonly Route[],
  host: Host,
): { maxDirectResponseBodySizeBytes?: number } {
  const sizes = routes.map(({ action }) =>
    action.kind === "forward" ? 0 : bodyBytes(action, host),
  );
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return largest > defaultMaxBodyBytes ? { maxDirectResponseBodySizeBytes: largest } : {};
}
