/** Where an Envoy asks whether requests may pass: the static cluster of the adapter beside it. */

import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { authorizationClusterName } from "#envoy/filters/authorization.ts";
import type { Cluster } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import { pipeAddress } from "./xds-endpoint.ts";

/** More questions under way than this and further ones are turned away: an adapter that hangs must not fill Envoy's memory. */
const mostQuestions = 10_000;

/** `socket`: absolute path of the Unix socket on which the adapter answers. */
export function buildAuthorizationCluster(socket: string): Cluster {
  const http2 = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
    },
  });
  return create(ClusterSchema, {
    name: authorizationClusterName,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: { seconds: 1n },
    circuitBreakers: {
      thresholds: [{ maxRequests: mostQuestions, maxPendingRequests: mostQuestions }],
    },
    loadAssignment: {
      clusterName: authorizationClusterName,
      endpoints: [
        {
          lbEndpoints: [
            { hostIdentifier: { case: "endpoint", value: { address: pipeAddress(socket) } } },
          ],
        },
      ],
    },
    typedExtensionProtocolOptions: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": anyPack(
        HttpProtocolOptionsSchema,
        http2,
      ),
    },
  });
}
