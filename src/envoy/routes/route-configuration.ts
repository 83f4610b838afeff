/** A virtual host → its route configuration: a small one for each host, so that a change costs the same at any size. */

import { create } from "@bufbuild/protobuf";
import { formatOrigin } from "#base/origin.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { formatHost } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import { encodeResource } from "../encode.ts";
import { withoutLookups } from "../filters/connection-group.ts";
import { connectionHeader, scopeHeader } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import type { ConnectionGuard } from "./misdirected.ts";
import { buildMisdirectedRoute } from "./misdirected.ts";
import { buildRoute, canMatch } from "./route.ts";
import { hostResourceName } from "./scope.ts";

/** Envoy adds the last one itself, after the early header mutations; backends have X-Forwarded-For. */
const removed = [scopeHeader, connectionHeader, "x-envoy-external-address"];

/** What Envoy takes as the body of a direct response unless told otherwise. */
const defaultMaxBodyBytes = 4096;

/** The scope has chosen the host already, so the one virtual host in it takes every authority. */
export function buildRouteConfiguration(
  virtualHost: VirtualHost,
  guard: ConnectionGuard,
): Resource {
  const name = hostResourceName(virtualHost.host);
  const misdirected = buildMisdirectedRoute(guard, formatOrigin(virtualHost.origin));
  const routes = virtualHost.routes.filter(canMatch);
  const message = create(RouteConfigurationSchema, {
    name,
    virtualHosts: [
      {
        name: formatHost(virtualHost.host),
        domains: ["*"],
        routes: [...(misdirected === undefined ? [] : [misdirected]), ...routes.map(buildRoute)],
      },
    ],
    requestHeadersToRemove: removed,
    typedPerFilterConfig: withoutLookups(),
    ...maxBodyOf(routes),
  });
  return encodeResource("routes", name, RouteConfigurationSchema, message);
}

function maxBodyOf(routes: readonly Route[]): { maxDirectResponseBodySizeBytes?: number } {
  const sizes = routes.map(({ action }) =>
    action.kind === "respond" ? Buffer.byteLength(action.body ?? "") : 0,
  );
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return largest > defaultMaxBodyBytes ? { maxDirectResponseBodySizeBytes: largest } : {};
}
