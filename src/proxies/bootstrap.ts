/** What an Envoy is started with: its name, its administration socket, its limits, and where xDS is. */

import {
  create,
  createRegistry,
  type MessageInitShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
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
import type { BackoffStrategySchema } from "#gen/envoy/config/core/v3/backoff_pb.ts";
import type { ConfigSource } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import {
  ApiConfigSource_ApiType,
  ApiVersion,
  ConfigSourceSchema,
} from "#gen/envoy/config/core/v3/config_source_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import { HttpConnectionManagerSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { DownstreamConnectionsConfigSchema } from "#gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts";
import { FixedHeapConfigSchema } from "#gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.ts";
import type { Secret } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { UpstreamTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import { buildAuthorizationCluster } from "./authorization-cluster.ts";
import { buildOverloadManager } from "./overload.ts";
import { buildAdminCluster, buildReadyListener, type ReadyAddress } from "./ready-listener.ts";
import { buildStatsConfig } from "./stats-inclusion.ts";
import { buildXdsCluster, pipeAddress, type XdsEndpoint, xdsClusterName } from "./xds-endpoint.ts";

export interface BootstrapSettings {
  /** Names this proxy on the xDS stream. Default: what `--service-node` says. */
  readonly nodeId?: string;
  /** The group this proxy belongs to. */
  readonly nodeCluster: string;
  /** Absolute path of the Unix socket of Envoy's administration interface; made with mode 0600. */
  readonly adminSocket: string;
  /** Where our ADS answers; absent: nothing is dynamic (tests, validation). */
  readonly xds?: XdsEndpoint;
  /** Absolute path of the Unix socket on which the authorization adapter answers. Default: none, and what is protected is closed. */
  readonly authorizationSocket?: string;
  /** Whether {@link formatReadyBootstrap} goes with it. Default: no. */
  readonly isAskedWhetherReady?: boolean;
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

const seconds = (count: number): { readonly seconds: bigint } => ({ seconds: BigInt(count) });

/** Every message that is packed into a bootstrap without its type being part of the bootstrap's. */
const packed = createRegistry(
  DownstreamConnectionsConfigSchema,
  FixedHeapConfigSchema,
  HttpConnectionManagerSchema,
  HttpProtocolOptionsSchema,
  RouterSchema,
  UpstreamTlsContextSchema,
);

/** The encoded bootstrap, for a file ending in `.pb`. Throws on a socket path the system cannot hold: check with {@link isSocketPath}. */
export function buildBootstrap(settings: BootstrapSettings): Uint8Array {
  return toBinary(BootstrapSchema, bootstrap(settings));
}

/** The same as text, for a file ending in `.json`; fixed resources may hold what it does not know, and then it throws. */
export function formatBootstrap(settings: BootstrapSettings): string {
  const options = { registry: packed, useProtoFieldName: true };
  return `${JSON.stringify(toJson(BootstrapSchema, bootstrap(settings), options), null, 2)}\n`;
}

/**
 * What adds a listener for `/ready` to a bootstrap that `isAskedWhetherReady`: an argument of Envoy (`--config-yaml`), as only
 * there the address of a pod can be told. Of all addresses there would be those of one family, where the machine has no other.
 */
export function formatReadyBootstrap(ready: ReadyAddress): string {
  const added = create(BootstrapSchema, {
    staticResources: { listeners: [buildReadyListener(ready)] },
  });
  return JSON.stringify(
    toJson(BootstrapSchema, added, { registry: packed, useProtoFieldName: true }),
  );
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
  const { adminSocket, authorizationSocket, xds, isAskedWhetherReady, fixed } = settings;
  const xdsSocket = xds?.kind === "unix" ? xds.path : "";
  for (const path of [adminSocket, authorizationSocket ?? "", xdsSocket]) {
    if (!isSocketPath(path))
      throw new Error(`the socket path ${path} is longer than ${maxSocketPathBytes} bytes`);
  }
  return create(BootstrapSchema, {
    node: { id: settings.nodeId ?? "", cluster: settings.nodeCluster },
    admin: {
      address: pipeAddress(adminSocket, 0o600),
      // A full house must not lock the supervisor out.
      ignoreGlobalConnLimit: true,
    },
    staticResources: {
      listeners: [...(fixed?.listeners ?? [])],
      clusters: [
        ...(fixed?.clusters ?? []),
        ...(xds === undefined ? [] : [buildXdsCluster(xds)]),
        ...(authorizationSocket === undefined
          ? []
          : [buildAuthorizationCluster(authorizationSocket)]),
        ...(isAskedWhetherReady ? [buildAdminCluster(adminSocket)] : []),
      ],
      secrets: [...(fixed?.secrets ?? [])],
    },
    ...(xds === undefined ? {} : { dynamicResources: ads(xds) }),
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

/**
 * One delta stream for all types. `initial_fetch_timeout` 0: Envoy waits for the first clusters
 * and listeners as long as it takes, and `/ready` says so, instead of turning ready without any
 * after 15 s. The server must therefore answer the first CDS and LDS request even with nothing.
 */
function ads(xds: XdsEndpoint): Bootstrap_DynamicResources {
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
              retryPolicy: { retryBackOff: backOff(xds) },
            },
          },
        },
      ],
    },
    cdsConfig: fromAds(),
    ldsConfig: fromAds(),
  });
}

/** On the same machine a restarted control plane is found again at once; over the network many proxies look for it. */
function backOff({ kind }: XdsEndpoint): MessageInitShape<typeof BackoffStrategySchema> {
  return kind === "unix"
    ? { baseInterval: { nanos: 100_000_000 }, maxInterval: seconds(2) }
    : { baseInterval: { nanos: 200_000_000 }, maxInterval: seconds(5) };
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
