/**
 * A virtual host → its routes and the scopes by which they are found.
 *
 *   at the gate's ports          routes, and a scope there
 *   at ports of its own          routes, and a scope there; at the gate's ports nothing, but for answers to a certificate
 *                                authority, which asks at port 80 and nowhere else (RFC 8555 §8.3)
 */

import { formatHost, hostFromText } from "#model/host.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import type { Resource, ResourceName } from "../resource.ts";
import type { ConnectionGuard } from "./misdirected.ts";
import { buildRouteConfiguration, type RouteConfigurationOptions } from "./route-configuration.ts";
import { buildScope, hostResourceName } from "./scope.ts";

/** How the names begin of what hosts with ports of their own have at the gate's. */
export const challengesPrefix = "challenges/";

/** What there is of a host, and what there is not. */
export function buildHostResources(
  virtualHost: VirtualHost,
  guard: ConnectionGuard,
  options: RouteConfigurationOptions,
): { readonly set: readonly Resource[]; readonly removed: readonly ResourceName[] } {
  const { host, ports } = virtualHost;
  const routes = buildRouteConfiguration(virtualHost, guard, options);
  const name = challengesName(formatHost(host));
  const challenges = ports === undefined ? [] : challengesOf(virtualHost);
  const set = [routes, buildScope(host, ports === undefined ? "gate" : "own-port")];
  if (challenges.length === 0) return { set, removed: pair(name) };
  const { ports: _, ...atGate } = virtualHost;
  const answering = { ...atGate, routes: challenges };
  return {
    set: [
      ...set,
      buildRouteConfiguration(answering, guard, { ...options, name }),
      buildScope(host, "gate", name),
    ],
    removed: [],
  };
}

/** All that there may be of a host (`formatHost`). */
export function hostResourceNames(host: string): readonly ResourceName[] {
  return [...pair(hostResourceName(hostFromText(host))), ...pair(challengesName(host))];
}

function challengesOf({ routes, origin }: VirtualHost): VirtualHost["routes"] {
  const challenges = routes.filter(({ challenge }) => challenge === true);
  if (challenges.length === 0) return [];
  const match = { kind: "prefix", path: "/" } as const;
  return [...challenges, { match, action: { kind: "respond", status: 404 }, origin }];
}

function challengesName(host: string): string {
  return `${challengesPrefix}${host}`;
}

function pair(name: string): readonly ResourceName[] {
  return [
    { type: "routes", name },
    { type: "scope", name },
  ];
}
