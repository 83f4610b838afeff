/** Where a proxy finds its control plane: the static cluster that every xDS stream goes over. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { Cluster } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  ClusterSchema,
} from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Address } from "#gen/envoy/config/core/v3/address_pb.ts";
import { AddressSchema } from "#gen/envoy/config/core/v3/address_pb.ts";
import type { TransportSocket } from "#gen/envoy/config/core/v3/base_pb.ts";
import { TransportSocketSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { TlsParameters_TlsProtocol } from "#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
import type { SdsSecretConfig } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { SdsSecretConfigSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { UpstreamTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";

export type XdsEndpoint =
  /** Absolute path of a Unix socket of ours, on the same machine. */
  | { readonly kind: "unix"; readonly path: string }
  /** Mutual TLS 1.3 over the network. */
  | {
      readonly kind: "tls";
      /** A DNS name that the server's certificate must have, too. */
      readonly host: string;
      readonly port: number;
      /** Where the files are that xds-file-secrets.ts describes. */
      readonly secretsDirectory: string;
    };

/** The resource of the file `<name>.json`. */
export type XdsSecretName = "xds-certificate" | "xds-authorities";

/** The name of the static cluster that leads to us; no cluster from xDS may have it. */
export const xdsClusterName = "sekisho_xds";

const seconds = (count: number): { readonly seconds: bigint } => ({ seconds: BigInt(count) });

/** A Unix socket as an address; its mode counts where Envoy makes it. */
export function pipeAddress(path: string, mode = 0): Address {
  return create(AddressSchema, { address: { case: "pipe", value: { path, mode } } });
}

/** The cluster of an endpoint. */
export function buildXdsCluster(endpoint: XdsEndpoint): Cluster {
  const overNetwork = endpoint.kind === "tls";
  const http2 = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: {
        protocolConfig: {
          case: "http2ProtocolOptions",
          value: overNetwork ? { connectionKeepalive: keepalive } : {},
        },
      },
    },
  });
  return create(ClusterSchema, {
    name: xdsClusterName,
    ...(endpoint.kind === "tls" ? networkOptions(endpoint) : localOptions),
    loadAssignment: {
      clusterName: xdsClusterName,
      endpoints: [
        {
          lbEndpoints: [
            { hostIdentifier: { case: "endpoint", value: { address: addressOf(endpoint) } } },
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

/** A node that dies sends no end: without an answer to a ping the stream is opened anew, to another replica. */
const keepalive = { interval: seconds(10), timeout: seconds(5) };

type ClusterParts = Omit<MessageInitShape<typeof ClusterSchema>, "$typeName" | "$unknown">;

const localOptions: ClusterParts = {
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
  connectTimeout: seconds(1),
};

function networkOptions(endpoint: Extract<XdsEndpoint, { kind: "tls" }>): ClusterParts {
  return {
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STRICT_DNS },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
    connectTimeout: seconds(5),
    transportSocket: transportSocket(endpoint.host, endpoint.secretsDirectory),
    upstreamConnectionOptions: {
      tcpKeepalive: { keepaliveProbes: 3, keepaliveTime: 10, keepaliveInterval: 5 },
    },
  };
}

function addressOf(endpoint: XdsEndpoint): Address {
  if (endpoint.kind === "unix") return pipeAddress(endpoint.path);
  const { host, port } = endpoint;
  return create(AddressSchema, {
    address: {
      case: "socketAddress",
      value: { address: host, portSpecifier: { case: "portValue", value: port } },
    },
  });
}

/** Envoy as a client stops at TLS 1.2 unless told otherwise, and we take nothing below 1.3. */
function transportSocket(host: string, directory: string): TransportSocket {
  const context = create(UpstreamTlsContextSchema, {
    sni: host,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      tlsCertificateSdsSecretConfigs: [fromFile(directory, "xds-certificate")],
      validationContextType: {
        case: "validationContextSdsSecretConfig",
        value: fromFile(directory, "xds-authorities"),
      },
    },
  });
  return create(TransportSocketSchema, {
    name: "envoy.transport_sockets.tls",
    configType: { case: "typedConfig", value: anyPack(UpstreamTlsContextSchema, context) },
  });
}

function fromFile(directory: string, name: XdsSecretName): SdsSecretConfig {
  return create(SdsSecretConfigSchema, {
    name,
    sdsConfig: {
      configSourceSpecifier: {
        case: "pathConfigSource",
        value: { path: `${directory}/${name}.json`, watchedDirectory: { path: directory } },
      },
    },
  });
}
