/** A backend → its cluster, named by what it reaches; who answers comes separately, as endpoints. */

import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Cluster_DiscoveryType, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { HttpProtocolOptions_ExplicitHttpConfig } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import {
  HttpProtocolOptions_ExplicitHttpConfigSchema,
  HttpProtocolOptionsSchema,
} from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import type { Backend } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { durationOf, encodeResource, type Init, overAds } from "../encode.ts";
import type { Resource } from "../resource.ts";
import { balancingOf, ejectionOf } from "./balancing.ts";
import { healthCheckOf } from "./health-check.ts";
import { upstreamSecretNames } from "./upstream-secrets.ts";
import { upstreamTlsOf } from "./upstream-tls.ts";

/** Envoy's limits of 1,024 are not our users': nobody set them. */
const noLimit = 0xffff_ffff;

/** Retries under way at once, for one cluster and worker: bounds what a dead backend costs. */
const maxRetries = 1024;

/** An idle connection is closed by us, as a rule before the backend does it under a request of ours. */
const idleTimeoutMs = 60_000;

const optionsName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/**
 * Always by EDS over ADS: a name (ExternalName) is resolved by us. Outlier detection only where a
 * dialect asks for it: a Kubernetes user expects readiness alone to decide.
 */
export function buildCluster(backend: Backend): Resource {
  const name = backendName(backend);
  const message = create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: overAds() },
    connectTimeout: durationOf(backend.connectTimeoutMs),
    perConnectionBufferLimitBytes: 32 * 1024,
    ...(backend.connections === "per-client"
      ? { connectionPoolPerDownstreamConnection: true }
      : {}),
    ...balancingOf(backend),
    ...(backend.ejection === undefined ? {} : ejectionOf(backend.ejection)),
    ...(backend.healthCheck === undefined
      ? {}
      : { healthChecks: [healthCheckOf(backend.healthCheck, backend)] }),
    ...(backend.tls === undefined ? {} : upstreamTlsOf(backend, backend.tls)),
    circuitBreakers: {
      ...(backend.maxConnections === undefined
        ? {}
        : { perHostThresholds: [{ maxConnections: backend.maxConnections }] }),
      thresholds: [
        {
          maxConnections: noLimit,
          maxPendingRequests: backend.maxWaiting ?? noLimit,
          maxRequests: noLimit,
          maxRetries,
        },
      ],
    },
    ...(backend.protocol === "udp" ? {} : connectionOptions),
    ...httpOptionsOf(backend),
  });
  const uses = [{ type: "endpoints", name } as const, ...upstreamSecretNames(backend)];
  return encodeResource({ type: "cluster", name, uses }, ClusterSchema, message);
}

const connectionOptions = {
  upstreamConnectionOptions: {
    tcpKeepalive: { keepaliveTime: 60, keepaliveInterval: 10, keepaliveProbes: 3 },
  },
};

/** Bytes and datagrams that are passed on have none. */
function httpOptionsOf({
  protocol,
}: Backend): Pick<Init<typeof ClusterSchema>, "typedExtensionProtocolOptions"> {
  if (protocol === "tcp" || protocol === "udp") return {};
  const options = create(HttpProtocolOptionsSchema, {
    commonHttpProtocolOptions: { idleTimeout: durationOf(idleTimeoutMs) },
    upstreamProtocolOptions: { case: "explicitHttpConfig", value: explicit(protocol) },
  });
  return {
    typedExtensionProtocolOptions: { [optionsName]: anyPack(HttpProtocolOptionsSchema, options) },
  };
}

function explicit(protocol: "http1" | "h2c"): HttpProtocolOptions_ExplicitHttpConfig {
  return create(HttpProtocolOptions_ExplicitHttpConfigSchema, {
    protocolConfig:
      protocol === "h2c"
        ? { case: "http2ProtocolOptions", value: {} }
        : { case: "httpProtocolOptions", value: {} },
  });
}
