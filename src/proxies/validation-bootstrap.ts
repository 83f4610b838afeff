/** A whole configuration as one bootstrap that Envoy validates without us: what would come by xDS stands in it. */

import path from "node:path";
import { create, fromBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Resource, ResourceType } from "#envoy/resource.ts";
import { ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import type { ScopedRouteConfiguration } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import {
  HttpConnectionManagerSchema,
  ScopedRouteConfigurationsListSchema,
} from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { SecretSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { buildBootstrap } from "./bootstrap.ts";

/** `directory`: absolute; sockets are named in it and not made. */
export function buildValidationBootstrap(
  resources: readonly Resource[],
  directory: string,
): Uint8Array {
  const ofType = (type: ResourceType): readonly Resource[] =>
    resources.filter((resource) => resource.type === type);
  const scopes = ofType("scope").map(({ bytes }) =>
    fromBinary(ScopedRouteConfigurationSchema, bytes),
  );
  const routes = new Map(
    ofType("routes").map(({ name, bytes }) => [name, fromBinary(RouteConfigurationSchema, bytes)]),
  );
  for (const scope of scopes) {
    const inline = routes.get(scope.routeConfigurationName);
    if (inline === undefined) continue;
    scope.routeConfiguration = inline;
    scope.routeConfigurationName = "";
  }
  const listeners = ofType("listener").map(({ bytes }) => fromBinary(ListenerSchema, bytes));
  return buildBootstrap({
    nodeId: "check",
    nodeCluster: "check",
    adminSocket: path.join(directory, "a"),
    xds: { kind: "unix", path: path.join(directory, "x") },
    maxHeapBytes: 1024 ** 3,
    fixed: {
      // One listener with all routes in it is enough: the others hold the same ones by name.
      listeners: listeners.map((listener) =>
        listener.name === "http" ? withRoutes(listener, scopes) : listener,
      ),
      clusters: ofType("cluster").map(({ bytes }) => fromBinary(ClusterSchema, bytes)),
      secrets: ofType("secret").map(({ bytes }) => fromBinary(SecretSchema, bytes)),
    },
  });
}

function withRoutes(listener: Listener, scopes: readonly ScopedRouteConfiguration[]): Listener {
  for (const filter of listener.filterChains.flatMap((chain) => chain.filters)) {
    if (filter.configType.case !== "typedConfig") continue;
    const manager = anyUnpack(filter.configType.value, HttpConnectionManagerSchema);
    if (manager?.routeSpecifier.case !== "scopedRoutes") continue;
    manager.routeSpecifier.value.configSpecifier = {
      case: "scopedRouteConfigurationsList",
      value: create(ScopedRouteConfigurationsListSchema, {
        scopedRouteConfigurations: [...scopes],
      }),
    };
    filter.configType = {
      case: "typedConfig",
      value: anyPack(HttpConnectionManagerSchema, manager),
    };
  }
  return listener;
}
