/** A listener that answers `/ready` as the administration interface would, and nothing else: for the probes of a kubelet. */

import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { Cluster } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import { HttpConnectionManagerSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { pipeAddress } from "./xds-endpoint.ts";

export interface ReadyAddress {
  readonly address: string;
  readonly port: number;
}

/** The names of the static listener and of the cluster behind it; none from xDS may have them. */
const listenerName = "sekisho_ready";
const adminClusterName = "sekisho_admin";

/** Leads to the administration interface; only {@link buildReadyListener} uses it, for one path. */
export function buildAdminCluster(adminSocket: string): Cluster {
  const endpoint = { case: "endpoint", value: { address: pipeAddress(adminSocket) } } as const;
  return create(ClusterSchema, {
    name: adminClusterName,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: { seconds: 1n },
    loadAssignment: {
      clusterName: adminClusterName,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: endpoint }] }],
    },
  });
}

/**
 * 200 once the first clusters and listeners are there; 503 before that, and from `/healthcheck/fail` on. It answers also
 * when the house is full: a proxy that has as much as it can take is not to be taken out of service.
 */
export function buildReadyListener({ address, port }: ReadyAddress): Listener {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: listenerName,
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { case: "typedConfig", value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
    routeSpecifier: {
      case: "routeConfig",
      value: {
        name: listenerName,
        virtualHosts: [
          {
            name: listenerName,
            domains: ["*"],
            routes: [
              {
                match: { pathSpecifier: { case: "path", value: "/ready" } },
                action: {
                  case: "route",
                  value: { clusterSpecifier: { case: "cluster", value: adminClusterName } },
                },
              },
            ],
          },
        ],
      },
    },
  });
  const typedConfig = anyPack(HttpConnectionManagerSchema, manager);
  return create(ListenerSchema, {
    name: listenerName,
    address: {
      address: {
        case: "socketAddress",
        value: { address, portSpecifier: { case: "portValue", value: port } },
      },
    },
    ignoreGlobalConnLimit: true,
    bypassOverloadManager: true,
    filterChains: [
      { filters: [{ name: "http", configType: { case: "typedConfig", value: typedConfig } }] },
    ],
  });
}
