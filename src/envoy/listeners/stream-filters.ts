/** A stream → the filter that passes on what comes: connections by TCP, or datagrams by UDP. */

import { create } from "@bufbuild/protobuf";
import type { Origin } from "#base/origin.ts";
import type {
  Filter,
  ListenerFilter,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterSchema,
  ListenerFilterSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { TcpProxySchema } from "#gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts";
import { RouteSchema } from "#gen/envoy/extensions/filters/udp/udp_proxy/v3/route_pb.ts";
import { UdpProxyConfigSchema } from "#gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.ts";
import type { Matcher } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { MatcherSchema } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { backendName } from "#model/backend.ts";
import type { Stream } from "#model/stream.ts";
import { durationOf, typedConfig } from "../encode.ts";
import { comesFrom, doing, matcherExtension } from "../xds-matcher.ts";
import type { ListenerSettings } from "./settings.ts";

/** Passes the bytes of a connection on, in both directions. */
export function buildTcpProxy(stream: Stream, origin: Origin, settings: ListenerSettings): Filter {
  const { backend, idleTimeoutMs, connectAttempts } = stream;
  const message = create(TcpProxySchema, {
    statPrefix: "stream",
    clusterSpecifier: { case: "cluster", value: backendName(backend) },
    idleTimeout: durationOf(idleTimeoutMs),
    maxConnectAttempts: connectAttempts,
    accessLog: [...(settings.streamLog?.(origin) ?? [])],
    ...(backend.balancing === "hash" ? { hashPolicy: [byClient] } : {}),
  });
  return create(FilterSchema, {
    name: "stream",
    configType: typedConfig(TcpProxySchema, message),
  });
}

const byClient = { policySpecifier: { case: "sourceIp", value: {} } } as const;

/** Passes the datagrams of a client on, and those that come back. */
export function buildUdpProxy(
  stream: Stream,
  origin: Origin,
  settings: ListenerSettings,
): ListenerFilter {
  const { backend, idleTimeoutMs, spreadsDatagrams } = stream;
  const message = create(UdpProxyConfigSchema, {
    statPrefix: "stream",
    routeSpecifier: {
      case: "matcher",
      value: datagramsOf(settings, backendName(backend)),
    },
    idleTimeout: durationOf(idleTimeoutMs),
    usePerPacketLoadBalancing: spreadsDatagrams === true,
    accessLog: [...(settings.streamLog?.(origin) ?? [])],
    ...(backend.balancing === "hash" ? { hashPolicies: [datagramsByClient] } : {}),
  });
  return create(ListenerFilterSchema, {
    name: "stream",
    configType: typedConfig(UdpProxyConfigSchema, message),
  });
}

const datagramsByClient = { policySpecifier: { case: "sourceIp", value: true } } as const;

/** Those of clients who are let in; what matches nothing is dropped. */
function datagramsOf({ allowedClients }: ListenerSettings, cluster: string): Matcher {
  const go = doing(matcherExtension("route", RouteSchema, create(RouteSchema, { cluster })));
  if (allowedClients.length === 0) return create(MatcherSchema, { onNoMatch: go });
  const predicate = comesFrom(allowedClients, "allowed-clients");
  return create(MatcherSchema, {
    matcherType: { case: "matcherList", value: { matchers: [{ predicate, onMatch: go }] } },
  });
}
