/** A small world as Envoy resources, for the test of the xDS server with real Envoy. */

import { create } from "@bufbuild/protobuf";
import { encodeResource, overAds, typedConfig } from "#envoy/encode.ts";
import { tlsOnDemand } from "#envoy/listeners/tls.ts";
import type { Resource } from "#envoy/resource.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import type { FilterChain } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { FilterChainSchema } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import { HttpConnectionManagerSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";

const loopback = "127.0.0.1";

/** A cluster whose endpoints come over EDS; a negative timeout makes Envoy refuse it. */
export function edsCluster(name: string, connectTimeoutSeconds = 1): Resource {
  const message = create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: overAds() },
    connectTimeout: { seconds: BigInt(connectTimeoutSeconds) },
  });
  return encodeResource({ type: "cluster", name }, ClusterSchema, message);
}

/** One endpoint on this machine. */
export function endpoint(clusterName: string, port: number): Resource {
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: [
      {
        lbEndpoints: [
          {
            hostIdentifier: { case: "endpoint", value: { address: socketAddress(port) } },
          },
        ],
      },
    ],
  });
  return encodeResource(
    { type: "endpoints", name: clusterName },
    ClusterLoadAssignmentSchema,
    message,
  );
}

/** Everything goes to one cluster. */
export function routesTo(name: string, cluster: string): Resource {
  const message = create(RouteConfigurationSchema, {
    name,
    virtualHosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          {
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: {
              case: "route",
              value: { clusterSpecifier: { case: "cluster", value: cluster } },
            },
          },
        ],
      },
    ],
  });
  return encodeResource({ type: "routes", name }, RouteConfigurationSchema, message);
}

/** Everything is answered with one status. */
export function routesAnswering(name: string, status: number): Resource {
  const message = create(RouteConfigurationSchema, {
    name,
    virtualHosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          {
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: { case: "directResponse", value: { status } },
          },
        ],
      },
    ],
  });
  return encodeResource({ type: "routes", name }, RouteConfigurationSchema, message);
}

/** A listener with its routes over RDS; with `tls`, certificates are asked for by server name. */
export function httpListener(
  name: string,
  port: number,
  options: { readonly routes: string; readonly tls: boolean },
): Resource {
  const chain = httpChain(options.routes);
  if (options.tls) chain.transportSocket = tlsOnDemand();
  const message = create(ListenerSchema, {
    name,
    address: socketAddress(port),
    filterChains: [chain],
  });
  return encodeResource({ type: "listener", name }, ListenerSchema, message);
}

function httpChain(routeConfigName: string): FilterChain {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: "test",
    routeSpecifier: { case: "rds", value: { routeConfigName, configSource: overAds() } },
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: typedConfig(RouterSchema, create(RouterSchema)),
      },
    ],
  });
  const name = "envoy.filters.network.http_connection_manager";
  const configType = typedConfig(HttpConnectionManagerSchema, manager);
  return create(FilterChainSchema, { filters: [{ name, configType }] });
}

function socketAddress(port: number): {
  readonly address: {
    readonly case: "socketAddress";
    readonly value: {
      readonly address: string;
      readonly portSpecifier: { readonly case: "portValue"; readonly value: number };
    };
  };
} {
  return {
    address: {
      case: "socketAddress",
      value: { address: loopback, portSpecifier: { case: "portValue", value: port } },
    },
  };
}
