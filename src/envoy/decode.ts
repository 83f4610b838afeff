/** A resource's bytes → readable JSON as Envoy documents it, without private keys. */

import type { DescMessage } from "@bufbuild/protobuf";
import { create, createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import { ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { DataSource } from "#gen/envoy/config/core/v3/base_pb.ts";
import { DataSourceSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { FilterConfigSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { FileAccessLogSchema } from "#gen/envoy/extensions/access_loggers/file/v3/file_pb.ts";
import { ExpressionFilterSchema } from "#gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.ts";
import { ExtensionWithMatcherSchema } from "#gen/envoy/extensions/common/matching/v3/extension_matcher_pb.ts";
import { GzipSchema } from "#gen/envoy/extensions/compression/gzip/decompressor/v3/gzip_pb.ts";
import { SkipFilterSchema } from "#gen/envoy/extensions/filters/common/matcher/action/v3/skip_action_pb.ts";
import {
  BufferPerRouteSchema,
  BufferSchema,
} from "#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.ts";
import { CustomResponseSchema } from "#gen/envoy/extensions/filters/http/custom_response/v3/custom_response_pb.ts";
import { DecompressorSchema } from "#gen/envoy/extensions/filters/http/decompressor/v3/decompressor_pb.ts";
import {
  ExtAuthzPerRouteSchema,
  ExtAuthzSchema,
} from "#gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts";
import { HeaderMutationSchema as HeaderMutationFilterSchema } from "#gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts";
import { LocalRateLimitSchema } from "#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts";
import { LuaPerRouteSchema, LuaSchema } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";
import {
  RBACPerRouteSchema,
  RBACSchema,
} from "#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import { ProxyProtocolSchema } from "#gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.ts";
import { TlsInspectorSchema } from "#gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts";
import { ConfigSchema as DirectResponseSchema } from "#gen/envoy/extensions/filters/network/direct_response/v3/config_pb.ts";
import { HttpConnectionManagerSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { TcpProxySchema } from "#gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts";
import { RouteSchema as UdpRouteSchema } from "#gen/envoy/extensions/filters/udp/udp_proxy/v3/route_pb.ts";
import { UdpProxyConfigSchema } from "#gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.ts";
import { UdpHealthCheckSchema } from "#gen/envoy/extensions/health_checkers/udp/v3/udp_pb.ts";
import { LocalResponsePolicySchema } from "#gen/envoy/extensions/http/custom_response/local_response_policy/v3/local_response_policy_pb.ts";
import { HeaderMutationSchema } from "#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.ts";
import { XffConfigSchema } from "#gen/envoy/extensions/http/original_ip_detection/xff/v3/xff_pb.ts";
import {
  ApplicationProtocolInputSchema,
  ServerNameInputSchema,
  SourceIPInputSchema,
  TransportProtocolInputSchema,
} from "#gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts";
import { IpSchema } from "#gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.ts";
import { PreviousHostsPredicateSchema } from "#gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts";
import { SNISchema } from "#gen/envoy/extensions/transport_sockets/tls/cert_mappers/sni/v3/config_pb.ts";
import { ConfigSchema as OnDemandSchema } from "#gen/envoy/extensions/transport_sockets/tls/cert_selectors/on_demand_secret/v3/config_pb.ts";
import type { Secret } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { SecretSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import {
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import {
  HttpRequestHeaderMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
} from "#gen/envoy/type/matcher/v3/http_inputs_pb.ts";
import { HttpResponseStatusCodeMatchInputSchema } from "#gen/envoy/type/matcher/v3/status_code_input_pb.ts";
import type { Resource, ResourceType } from "./resource.ts";

const schemas: Readonly<Record<Exclude<ResourceType, "secret" | "policy">, DescMessage>> = {
  cluster: ClusterSchema,
  endpoints: ClusterLoadAssignmentSchema,
  listener: ListenerSchema,
  routes: RouteConfigurationSchema,
  scope: ScopedRouteConfigurationSchema,
};

/** Every message that a builder packs into another one without its type being part of that one's. */
const packed = createRegistry(
  ApplicationProtocolInputSchema,
  BufferPerRouteSchema,
  BufferSchema,
  CustomResponseSchema,
  DecompressorSchema,
  DirectResponseSchema,
  DownstreamTlsContextSchema,
  ExpressionFilterSchema,
  ExtAuthzPerRouteSchema,
  ExtAuthzSchema,
  ExtensionWithMatcherSchema,
  FileAccessLogSchema,
  FilterConfigSchema,
  GzipSchema,
  HeaderMutationFilterSchema,
  HeaderMutationSchema,
  HttpConnectionManagerSchema,
  HttpProtocolOptionsSchema,
  HttpRequestHeaderMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
  HttpResponseStatusCodeMatchInputSchema,
  IpSchema,
  LocalRateLimitSchema,
  LocalResponsePolicySchema,
  LuaPerRouteSchema,
  LuaSchema,
  OnDemandSchema,
  PreviousHostsPredicateSchema,
  ProxyProtocolSchema,
  RBACPerRouteSchema,
  RBACSchema,
  RouterSchema,
  ServerNameInputSchema,
  SkipFilterSchema,
  SNISchema,
  SourceIPInputSchema,
  StringValueSchema,
  TcpProxySchema,
  TlsInspectorSchema,
  UdpHealthCheckSchema,
  UdpProxyConfigSchema,
  UdpRouteSchema,
  UpstreamTlsContextSchema,
  TransportProtocolInputSchema,
  XffConfigSchema,
);

/**
 * What Envoy was told, in the JSON form of its messages and with the field names of its documentation. A private key, and a key
 * of session tickets, says `[redacted]`.
 */
export function decodeResource({ type, bytes }: Resource): JsonObject {
  // Nobody's but the adapter's, and hardly anything in it is not secret.
  if (type === "policy") return { policy: "[redacted]" };
  const options = { registry: packed, useProtoFieldName: true };
  const json =
    type === "secret"
      ? toJson(SecretSchema, withoutKey(fromBinary(SecretSchema, bytes)), options)
      : toJson(schemas[type], fromBinary(schemas[type], bytes), options);
  if (!isJsonObject(json)) throw new Error(`a ${type} is not an object in JSON`);
  return json;
}

function withoutKey(secret: Secret): Secret {
  if (secret.type.case === "tlsCertificate") {
    secret.type.value.privateKey = redacted();
  }
  if (secret.type.case === "sessionTicketKeys") {
    secret.type.value.keys = secret.type.value.keys.map(() => redacted());
  }
  return secret;
}

function redacted(): DataSource {
  return create(DataSourceSchema, { specifier: { case: "inlineString", value: "[redacted]" } });
}
