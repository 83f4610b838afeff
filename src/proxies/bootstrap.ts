/** What an Envoy is started with: its name, its administration socket, its limits, and where xDS is. */

import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type {
  Bootstrap,
  Bootstrap_DynamicResources,
  LayeredRuntime,
} from "#gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import {
  Bootstrap_DynamicResourcesSchema,
  BootstrapSchema,
  LayeredRuntimeSchema,
} from "#gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { Cluster } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Address } from "#gen/envoy/config/core/v3/address_pb.ts";
import { AddressSchema } from "#gen/envoy/config/core/v3/address_pb.ts";
import type { ConfigSource } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import {
  ApiConfigSource_ApiType,
  ApiVersion,
  ConfigSourceSchema,
} from "#gen/envoy/config/core/v3/config_source_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import type { Secret } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import { buildOverloadManager } from "./overload.ts";
import { buildStatsConfig } from "./stats-inclusion.ts";

export interface BootstrapSettings {
  /** Names this proxy on the xDS stream. */
  readonly nodeId: string;
  /** The group this proxy belongs to. */
  readonly nodeCluster: string;
  /** Absolute path of the Unix socket of Envoy's administration interface; made with mode 0600. */
  readonly adminSocket: string;
  /** Absolute path of the Unix socket our ADS answers on; absent: nothing is dynamic (tests, validation). */
  readonly xdsSocket?: string;
  /** Envoy sheds load as its heap nears this size. */
  readonly maxHeapBytes: number;
  /** Connections of clients beyond this number are refused. Default 50,000. */
  readonly maxConnections?: number;
  /** Whether the statistics of single routes exist: routes with a `stat_prefix` have some. Default: no. */
  readonly routeStatistics?: boolean;
  /** What is there without xDS. */
  readonly fixed?: {
    readonly listeners?: readonly Listener[];
    readonly clusters?: readonly Cluster[];
    readonly secrets?: readonly Secret[];
  };
}

/** `sockaddr_un.sun_path` (unix(7)) holds 107 bytes and a zero. */
const maxSocketPathBytes = 107;

/** The name of the static cluster that leads to us; no cluster from xDS may have it. */
const xdsClusterName = "sekisho_xds";

const seconds = (count: number): { readonly seconds: bigint } => ({ seconds: BigInt(count) });

/** The encoded bootstrap, for a file ending in `.pb`. Throws on a socket path the system cannot hold: check with {@link isSocketPath}. */
export function buildBootstrap(settings: BootstrapSettings): Uint8Array {
  for (const path of [settings.adminSocket, settings.xdsSocket]) {
    if (path !== undefined && !isSocketPath(path)) {
      throw new Error(`the socket path ${path} is longer than ${maxSocketPathBytes} bytes`);
    }
  }
  return toBinary(BootstrapSchema, bootstrap(settings));
}

/** False when a Unix socket cannot have this path: it is too long. */
export function isSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= maxSocketPathBytes;
}

/** Four fifths of the memory there is, at least 256 MiB: the rest is for us and the pods. */
export function defaultMaxHeapBytes(memoryBytes: number): number {
  return Math.max(256 * 1024 * 1024, Math.floor(memoryBytes * 0.8));
}

function bootstrap(settings: BootstrapSettings): Bootstrap {
  const { xdsSocket, fixed } = settings;
  return create(BootstrapSchema, {
    node: { id: settings.nodeId, cluster: settings.nodeCluster },
    admin: {
      address: pipe(settings.adminSocket, 0o600),
      // A full house must not lock the supervisor out.
      ignoreGlobalConnLimit: true,
    },
    staticResources: {
      listeners: [...(fixed?.listeners ?? [])],
      clusters: [...(fixed?.clusters ?? []), ...(xdsSocket === undefined ? [] : [xds(xdsSocket)])],
      secrets: [...(fixed?.secrets ?? [])],
    },
    ...(xdsSocket === undefined ? {} : { dynamicResources: ads() }),
    statsConfig: buildStatsConfig({ routes: settings.routeStatistics ?? false }),
    // Only what was used once exists: most of 10,000 clusters are idle.
    deferredStatOptions: { enableDeferredCreationStats: true },
    // Nothing is pushed anywhere, so nothing need be gathered until somebody asks.
    statsFlush: { case: "statsFlushOnAdmin", value: true },
    layeredRuntime: runtimeLayers(),
    overloadManager: buildOverloadManager({
      maxHeapBytes: settings.maxHeapBytes,
      maxConnections: settings.maxConnections ?? 50_000,
    }),
  });
}

function pipe(path: string, mode = 0): Address {
  return create(AddressSchema, { address: { case: "pipe", value: { path, mode } } });
}

function xds(socket: string): Cluster {
  const http2 = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
    },
  });
  return create(ClusterSchema, {
    name: xdsClusterName,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: seconds(1),
    loadAssignment: {
      clusterName: xdsClusterName,
      endpoints: [
        {
          lbEndpoints: [{ hostIdentifier: { case: "endpoint", value: { address: pipe(socket) } } }],
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

/**
 * One delta stream for all types. `initial_fetch_timeout` 0: Envoy waits for the first clusters
 * and listeners as long as it takes, and `/ready` says so, instead of turning ready without any
 * after 15 s. The server must therefore answer the first CDS and LDS request even with nothing.
 */
function ads(): Bootstrap_DynamicResources {
  return create(Bootstrap_DynamicResourcesSchema, {
    adsConfig: {
      apiType: ApiConfigSource_ApiType.DELTA_GRPC,
      transportApiVersion: ApiVersion.V3,
      setNodeOnFirstMessageOnly: true,
      grpcServices: [
        {
          targetSpecifier: {
            case: "envoyGrpc",
            value: {
              clusterName: xdsClusterName,
              // We are on the same machine: a restarted control plane is found again at once.
              retryPolicy: {
                retryBackOff: {
                  baseInterval: { nanos: 100_000_000 },
                  maxInterval: { nanos: 500_000_000 },
                },
              },
            },
          },
        },
      ],
    },
    cdsConfig: fromAds(),
    ldsConfig: fromAds(),
  });
}

function fromAds(): ConfigSource {
  return create(ConfigSourceSchema, {
    configSourceSpecifier: { case: "ads", value: {} },
    initialFetchTimeout: seconds(0),
    resourceApiVersion: ApiVersion.V3,
  });
}

/**
 * RE2 program sizes: Envoy's own limit of 100 instructions refuses ordinary path expressions. An
 * instruction takes 16 bytes, so 100,000 bound one expression to some 1.6 MB; from 10,000 on
 * Envoy warns. The administration layer stays on top, for the operator.
 */
function runtimeLayers(): LayeredRuntime {
  const base = {
    "re2.max_program_size.error_level": 100_000,
    "re2.max_program_size.warn_level": 10_000,
  };
  return create(LayeredRuntimeSchema, {
    layers: [
      { name: "sekisho", layerSpecifier: { case: "staticLayer", value: base } },
      { name: "admin", layerSpecifier: { case: "adminLayer", value: {} } },
    ],
  });
}
