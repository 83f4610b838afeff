/** How the endpoints of a cluster are asked how they are. */

import { create } from "@bufbuild/protobuf";
import type { HealthCheckSchema } from "#gen/envoy/config/core/v3/health_check_pb.ts";
import { UdpHealthCheckSchema } from "#gen/envoy/extensions/health_checkers/udp/v3/udp_pb.ts";
import { CodecClientType } from "#gen/envoy/type/v3/http_pb.ts";
import type { Backend, HealthCheck } from "#model/backend.ts";
import { durationOf, type Init, typedConfig } from "../encode.ts";

type Check = Init<typeof HealthCheckSchema>;

/** The health check of a backend's cluster; the Service's name stands for a host that nobody asked for. */
export function healthCheckOf(check: HealthCheck, backend: Backend): Check {
  const { intervalMs, jitterMs, timeoutMs, unhealthyAfter, healthyAfter, port } = check;
  return {
    interval: durationOf(intervalMs),
    // Nobody waits a minute for an endpoint that no request has asked for yet.
    noTrafficInterval: durationOf(intervalMs),
    ...(jitterMs === 0 ? {} : { intervalJitter: durationOf(jitterMs) }),
    timeout: durationOf(timeoutMs),
    unhealthyThreshold: unhealthyAfter,
    healthyThreshold: healthyAfter,
    ...(port === undefined ? {} : { altPort: port }),
    healthChecker: checkerOf(check, backend),
  };
}

function checkerOf(
  { ask }: HealthCheck,
  { service, protocol }: Backend,
): NonNullable<Check["healthChecker"]> {
  if (ask.kind === "grpc")
    return { case: "grpcHealthCheck", value: { serviceName: ask.service, authority: service } };
  if (ask.kind !== "http") return streamChecker(ask);
  const { host = service, ...headers } = ask.headers;
  return {
    case: "httpHealthCheck",
    value: {
      host,
      path: ask.path,
      expectedStatuses: ask.statuses.map(({ start, end }) => ({
        start: BigInt(start),
        end: BigInt(end),
      })),
      requestHeadersToAdd: Object.entries(headers).map(([key, value]) => ({
        header: { key, value: value.replaceAll("%", "%%") },
      })),
      codecClientType: protocol === "h2c" ? CodecClientType.HTTP2 : CodecClientType.HTTP1,
    },
  };
}

type StreamAsk = Extract<HealthCheck["ask"], { readonly kind: "tcp" | "udp" }>;

function streamChecker({ kind, send, expect }: StreamAsk): NonNullable<Check["healthChecker"]> {
  const sent = send === undefined ? {} : { send: payload(send) };
  if (kind === "tcp") {
    const receive = expect === undefined ? [] : [payload(expect)];
    return { case: "tcpHealthCheck", value: { ...sent, receive } };
  }
  const received = expect === undefined ? {} : { receive: payload(expect) };
  const udp = create(UdpHealthCheckSchema, { ...sent, ...received });
  return {
    case: "customHealthCheck",
    value: {
      name: "envoy.health_checkers.udp",
      configType: typedConfig(UdpHealthCheckSchema, udp),
    },
  };
}

interface Payload {
  readonly payload: { readonly case: "text"; readonly value: string };
}

function payload(hex: string): Payload {
  return { payload: { case: "text", value: hex } };
}
