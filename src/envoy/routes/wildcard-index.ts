/** All wildcard hosts → the index by which the wildcard filter finds the one that takes a request. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { compareText } from "#base/compare.ts";
import type { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { hostFromText } from "#model/host.ts";
import { encodeResource } from "../encode.ts";
import { indexScope, luaNamespace } from "../filters/scope-scripts.ts";
import type { Resource } from "../resource.ts";
import { hostResourceName, scopeKey, scopeNamed } from "./scope.ts";

/**
 * The name of the index. A wildcard is entered after its routes were acknowledged, else requests get 404 in between,
 * and is taken out before they are removed: the relations of the index say so. Only a proxy that begins gets it at once,
 * as it serves nothing before it has the routes of all its first scopes.
 */
export const wildcardIndexName = "wildcard-index";

export interface WildcardEntry {
  /** What the scripts find beside a wildcard: how the connections of its certificate group are named, or just `true`. */
  readonly connection: string | true;
  /** Whether it takes requests at ports of its own. Default: at those of the gate. */
  readonly isAtOwnPort?: boolean;
}

/**
 * `hosts`: wildcards as `formatHost` gives them, in any order.
 *
 * The index is the metadata of the only route of scope `#`, and that scope holds its routes itself: one resource, whose
 * changes drain nothing. No request ends on that route, because the filter moves every one on, to `*` if need be.
 */
export function buildWildcardIndex(hosts: ReadonlyMap<string, WildcardEntry>): Resource {
  const routeConfiguration: MessageInitShape<typeof RouteConfigurationSchema> = {
    name: wildcardIndexName,
    virtualHosts: [
      {
        name: wildcardIndexName,
        domains: ["*"],
        routes: [
          {
            name: wildcardIndexName,
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: { case: "directResponse", value: { status: 404 } },
            metadata: { filterMetadata: { [luaNamespace]: indexOf(hosts) } },
          },
        ],
      },
    ],
  };
  const names = [...hosts.keys()]
    .map((host) => hostResourceName(hostFromText(host)))
    .sort(compareText);
  return encodeResource(
    {
      ...{ type: "scope", name: wildcardIndexName },
      needs: names.map((name) => ({ type: "routes", name })),
      uses: names.map((name) => ({ type: "scope", name })),
    },
    ScopedRouteConfigurationSchema,
    { ...scopeNamed(wildcardIndexName, indexScope), routeConfiguration },
  );
}

function indexOf(hosts: ReadonlyMap<string, WildcardEntry>): Record<string, string | true> {
  const entries = [...hosts].map(([host, { connection, isAtOwnPort = false }]) => {
    const key = scopeKey(hostFromText(host), isAtOwnPort ? "own-port" : "gate");
    return [key, connection] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => compareText(a, b)));
}
