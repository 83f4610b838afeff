/** A virtual host → its route configuration: a small one for each host, so that a change costs the same at any size. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { formatOrigin } from "#base/origin.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { backendName } from "#model/backend.ts";
import { formatHost } from "#model/host.ts";
import { protectionName } from "#model/protection.ts";
import { formatMatch, type Route } from "#model/route.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import { encodeResource } from "../encode.ts";
import { withoutAuthorization } from "../filters/authorization.ts";
import { withoutLookups } from "../filters/connection-group.ts";
import { withoutGate } from "../filters/gate.ts";
import { connectionHeader, scopeHeader } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import type { ConnectionGuard } from "./misdirected.ts";
import { buildMisdirectedRoute, protectionsOfGuard } from "./misdirected.ts";
import { buildRoute, canMatch, type RouteOptions, sharedByRoutes } from "./route.ts";
import { hostResourceName } from "./scope.ts";

/** Envoy adds the last one itself, after the early header mutations; backends have X-Forwarded-For. */
const removed = [scopeHeader, connectionHeader, "x-envoy-external-address"];

/** What Envoy takes as the body of a direct response unless told otherwise. */
const defaultMaxBodyBytes = 4096;

export interface RouteConfigurationOptions extends RouteOptions {
  /** Whether only some clients may send requests. */
  readonly limitsClients: boolean;
}

/** The scope has chosen the host already, so the one virtual host in it takes every authority. */
export function buildRouteConfiguration(
  virtualHost: VirtualHost,
  guard: ConnectionGuard,
  options: RouteConfigurationOptions = { routeStatistics: false, limitsClients: true },
): Resource {
  const name = hostResourceName(virtualHost.host);
  const misdirected = buildMisdirectedRoute(guard, formatOrigin(virtualHost.origin));
  const routes = virtualHost.routes.filter(canMatch);
  const shared = sharedByRoutes(routes);
  const message: MessageInitShape<typeof RouteConfigurationSchema> = {
    name,
    virtualHosts: [
      {
        name: formatHost(virtualHost.host),
        domains: ["*"],
        routes: [
          ...(misdirected === undefined ? [] : [misdirected]),
          ...routes.map((route) => buildRoute(route, options, shared)),
        ],
        ...shared,
      },
    ],
    requestHeadersToRemove: removed,
    typedPerFilterConfig: {
      ...(hasOneWay(virtualHost) && !options.limitsClients ? withoutGate() : {}),
      ...withoutLookups(),
      ...withoutAuthorization(),
    },
    ...maxBodyOf(routes),
  };
  return encodeResource(
    {
      ...{ type: "routes", name },
      needs: [
        ...[...clustersOf(routes)].map((name) => ({ type: "cluster", name }) as const),
        ...[...policiesOf(routes)].map((name) => ({ type: "policy", name }) as const),
      ],
      protections: [...protectionsOfGuard(guard), ...routes.flatMap(protectionOf)],
    },
    RouteConfigurationSchema,
    message,
  );
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
function protectionOf({ match, action, protections = [] }: Route): readonly string[] {
  const keepsOut = action.kind === "respond" && (action.status === 401 || action.status === 403);
  return [
    ...(keepsOut ? [`${action.status} ${formatMatch(match)}`] : []),
    ...protections.map((protection) => `${protectionName(protection)} ${formatMatch(match)}`),
  ];
}

/** All paths go one way, so that no path climbs out of another's. */
function hasOneWay({ routes }: VirtualHost): boolean {
  return routes.length === 1;
}

function maxBodyOf(routes: readonly Route[]): { maxDirectResponseBodySizeBytes?: number } {
  const sizes = routes.map(({ action }) =>
    action.kind === "respond" ? Buffer.byteLength(action.body ?? "") : 0,
  );
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return largest > defaultMaxBodyBytes ? { maxDirectResponseBodySizeBytes: largest } : {};
}
