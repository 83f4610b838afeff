/** Upstreams: a Service, how it is spoken to, and what is done when it fails. */

import type { Upstream } from "#kinds/nginx/upstream.ts";
import type { Forward, HashKey } from "#model/action.ts";
import type { Backend } from "#model/backend.ts";
import type { Support } from "../../../common/support.ts";
import type { World } from "../../../dialect.ts";
import { type FieldSupport, served } from "../../field-support.ts";
import { checkName, isServiceName } from "../../names.ts";
import { checkSize, checkTime } from "../../quantities.ts";
import { forbids, type Report, refuses, refusesTwice } from "../../report.ts";
import { parseBalancing } from "./balancing.ts";
import { translateHealthCheck } from "./health-check.ts";
import { parseNextUpstream } from "./next-upstream.ts";
import { checkPort, findService } from "./service.ts";
import { translateSession } from "./session.ts";

const passedOn: Support = {
  support: "approximated",
  how: "bodies are passed on as they come, and of each a bounded part is in memory",
};

/** What becomes of the fields of an upstream. */
export const backendSupport: FieldSupport = {
  name: served,
  service: served,
  subselector: served,
  port: served,
  "lb-method": {
    support: "approximated",
    how: "hash takes one variable; least_time is the lesser of two by requests under way",
  },
  "fail-timeout": served,
  "max-fails": served,
  "max-conns": served,
  keepalive: {
    support: "approximated",
    how: "connections are kept for a minute, however many they are",
  },
  "connect-timeout": served,
  "read-timeout": {
    support: "approximated",
    how: "a stream with no byte either way for so long is ended",
  },
  "send-timeout": { support: "approximated", how: "it is within read-timeout" },
  "next-upstream": {
    support: "approximated",
    how: "what may have had an effect is tried again only by its status",
  },
  "next-upstream-timeout": {
    support: "approximated",
    how: "as many tries as fit by connect-timeout, and two at least",
  },
  "next-upstream-tries": served,
  buffering: passedOn,
  "buffers.number": passedOn,
  "buffers.size": passedOn,
  "buffer-size": passedOn,
  "busy-buffers-size": passedOn,
  "client-max-body-size": served,
  "client-body-buffer-size": passedOn,
  "tls.enable": served,
  "healthCheck.enable": served,
  "healthCheck.path": served,
  "healthCheck.interval": served,
  "healthCheck.jitter": served,
  "healthCheck.fails": served,
  "healthCheck.passes": served,
  "healthCheck.port": served,
  "healthCheck.tls.enable": {
    support: "approximated",
    how: "checks are by TLS when the upstream is",
  },
  "healthCheck.connect-timeout": {
    support: "approximated",
    how: "read-timeout is the time for the whole check",
  },
  "healthCheck.read-timeout": served,
  "healthCheck.send-timeout": {
    support: "approximated",
    how: "read-timeout is the time for the whole check",
  },
  "healthCheck.headers[].name": served,
  "healthCheck.headers[].value": served,
  "healthCheck.statusMatch": served,
  "healthCheck.grpcStatus": {
    support: "approximated",
    how: "with any but 0 an endpoint is healthy that takes connections",
  },
  "healthCheck.grpcService": served,
  "healthCheck.mandatory": {
    support: "approximated",
    how: "endpoints are always checked before they get requests",
  },
  "healthCheck.persistent": {
    support: "approximated",
    how: "endpoints are checked anew when the gate starts",
  },
  "healthCheck.keepalive-time": {
    support: "approximated",
    how: "connections of checks are always kept",
  },
  "slow-start": served,
  "queue.size": {
    support: "approximated",
    how: "with max-conns, and requests count for which a connection is being made",
  },
  "queue.timeout": {
    support: "approximated",
    how: "a request waits as long as read-timeout says",
  },
  "sessionCookie.enable": {
    support: "approximated",
    how: "the cookie is hashed, so some clients move when endpoints come or go",
  },
  "sessionCookie.name": served,
  "sessionCookie.path": served,
  "sessionCookie.expires": served,
  "sessionCookie.domain": served,
  "sessionCookie.httpOnly": served,
  "sessionCookie.secure": served,
  "sessionCookie.samesite": served,
  "use-cluster-ip": served,
  ntlm: served,
  type: served,
  backup: served,
  backupPort: served,
};

/** What a forward to an upstream has in common, whichever route it is of; undefined: it cannot be reached, so 502. */
export type UpstreamForward = Omit<
  Forward,
  "host" | "rewrite" | "requestHeaders" | "responseHeaders"
>;

export type Upstreams = ReadonlyMap<string, UpstreamForward | undefined>;

const defaultTimeoutMs = 60_000;
const defaultMaxBodyBytes = 1024 * 1024;

/** The upstreams of an object by name; `defaults` holds where they say nothing. */
export function translateUpstreams(
  upstreams: readonly (Upstream | undefined)[],
  defaults: Upstream,
  report: Report,
  world: World,
): Upstreams {
  const byName = new Map<string, UpstreamForward | undefined>();
  for (const [index, upstream] of upstreams.entries()) {
    if (upstream === undefined) continue;
    const at = `spec.upstreams[${index}]`;
    const name = checkName(upstream.name, `${at}.name`, report, isServiceName);
    const forward = translateUpstream({ ...defaults, ...upstream }, at, report, world);
    if (name === undefined) continue;
    if (byName.has(name)) refusesTwice(report, `${at}.name`, name);
    else byName.set(name, forward);
  }
  return byName;
}

/** How an upstream is reached; undefined: it cannot be, so 502. */
export function translateUpstream(
  upstream: Upstream,
  at: string,
  report: Report,
  world: World,
): UpstreamForward | undefined {
  const target = findService(upstream, at, report, world);
  const policy = policyOf(upstream, at, report);
  for (const field of ["buffer-size", "busy-buffers-size", "client-body-buffer-size"] as const)
    checkSize(upstream[field], `${at}.${field}`, report, 0);
  const { connectTimeoutMs } = policy.backend;
  const { retries, connectRetries } = parseNextUpstream(upstream, at, connectTimeoutMs, report);
  const read = checkTime(upstream["read-timeout"], `${at}.read-timeout`, report, defaultTimeoutMs);
  checkTime(upstream["send-timeout"], `${at}.send-timeout`, report, defaultTimeoutMs);
  const maxBody = checkSize(
    upstream["client-max-body-size"],
    `${at}.client-max-body-size`,
    report,
    defaultMaxBodyBytes,
  );
  if (target === undefined) return undefined;
  return {
    kind: "forward",
    backend: { ...target, ...policy.backend },
    idleTimeoutMs: Math.max(read, 1),
    connectRetries,
    unreachableStatus: 502,
    ...(retries === undefined ? {} : { retries }),
    ...(policy.hashBy === undefined ? {} : { hashBy: policy.hashBy }),
    ...(maxBody === 0 ? {} : { maxBodyBytes: maxBody }),
  };
}

interface UpstreamPolicy {
  readonly backend: Omit<Backend, "namespace" | "service" | "port">;
  readonly hashBy?: HashKey;
}

function policyOf(upstream: Upstream, at: string, report: Report): UpstreamPolicy {
  const balancing = parseBalancing(upstream["lb-method"], `${at}.lb-method`, report);
  const session = translateSession(upstream.sessionCookie, `${at}.sessionCookie`, report);
  const hashBy = session ?? balancing.hashBy;
  const healthCheck = translateHealthCheck(upstream, at, report);
  const slowStart = checkTime(upstream["slow-start"], `${at}.slow-start`, report, 0);
  const method = hashBy === undefined ? balancing.method : "hash";
  const backup = backupOf(upstream, at, report);
  const labels = upstream.subselector;
  if (labels !== undefined && upstream["use-cluster-ip"] === true)
    forbids(report, `${at}.subselector`, "subselector can't be used with use-cluster-ip");
  return {
    backend: {
      protocol: protocolOf(upstream, at, report),
      connectTimeoutMs: Math.max(
        1,
        checkTime(upstream["connect-timeout"], `${at}.connect-timeout`, report, defaultTimeoutMs),
      ),
      ...(upstream.tls?.enable === true ? { tls: "unverified" as const } : {}),
      ...(method === undefined ? {} : { balancing: method }),
      ...ejectionOf(upstream, at, report),
      ...connectionsOf(upstream, at, report),
      ...(slowStart > 0 && method !== "hash" && method !== "random"
        ? { slowStartMs: slowStart }
        : {}),
      ...(healthCheck === undefined ? {} : { healthCheck }),
      ...(labels === undefined ? {} : { podLabels: labels }),
      ...(upstream["use-cluster-ip"] === true ? { reached: "service-address" as const } : {}),
      ...(backup === undefined ? {} : { backup }),
    },
    ...(hashBy === undefined ? {} : { hashBy }),
  };
}

function protocolOf({ type = "" }: Upstream, at: string, report: Report): Backend["protocol"] {
  if (type === "grpc") return "h2c";
  if (type !== "" && type !== "http")
    refuses(report, `${at}.type`, type, "must be one of `grpc` or `http`");
  return "http1";
}

function ejectionOf(upstream: Upstream, at: string, report: Report): Pick<Backend, "ejection"> {
  const afterFailures = upstream["max-fails"] ?? 1;
  const forMs = checkTime(upstream["fail-timeout"], `${at}.fail-timeout`, report, 10_000);
  if (afterFailures < 0)
    refuses(report, `${at}.max-fails`, afterFailures, "must be positive or zero");
  return afterFailures <= 0 || forMs === 0 ? {} : { ejection: { afterFailures, forMs } };
}

/** nginx's queue is for those who wait because of `max-conns`; Envoy's for those, too, for whom a connection is being made. */
function connectionsOf(
  upstream: Upstream,
  at: string,
  report: Report,
): Pick<Backend, "maxConnections" | "maxWaiting" | "connections"> {
  const limit = upstream["max-conns"] ?? 0;
  if (limit < 0) refuses(report, `${at}.max-conns`, limit, "must be positive or zero");
  const size = upstream.queue?.size ?? 0;
  if (size < 0) refuses(report, `${at}.queue.size`, size, "must be positive");
  checkTime(upstream.queue?.timeout, `${at}.queue.timeout`, report, 0);
  return {
    ...(limit <= 0 ? {} : { maxConnections: limit }),
    ...(limit <= 0 || size <= 0 ? {} : { maxWaiting: limit + size }),
    ...(upstream.ntlm === true ? { connections: "per-client" as const } : {}),
  };
}

/** The Service that is asked when no endpoint is there; undefined when none is named, or wrongly. */
export function backupOf(
  { backup = "", backupPort }: Pick<Upstream, "backup" | "backupPort">,
  at: string,
  report: Report,
): Backend["backup"] {
  if (backup === "" && backupPort === undefined) return undefined;
  const both = "both backup and backup port must be specified";
  if (backupPort === undefined) return refuses(report, `${at}.backupPort`, "", both);
  if (backup === "") return refuses(report, `${at}.backup`, "", both);
  const service = checkName(backup, `${at}.backup`, report, isServiceName);
  const port = checkPort(backupPort, `${at}.backupPort`, report);
  return service === undefined || port === undefined ? undefined : { service, port };
}
