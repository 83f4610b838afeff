/** Upstreams of a TransportServer, and how connections and datagrams are passed on to them. */

import type { TransportServer } from "#kinds/nginx/transport-server.ts";
import { type Service, serviceKind } from "#kinds/service.ts";
import type { Backend, Balancing } from "#model/backend.ts";
import type { Stream } from "#model/stream.ts";
import type { World } from "../../../dialect.ts";
import { type FieldSupport, served } from "../../field-support.ts";
import { checkName, isServiceName } from "../../names.ts";
import { checkTime } from "../../quantities.ts";
import {
  forbids,
  missesReference,
  type Report,
  refuses,
  refusesTwice,
  requires,
  warns,
} from "../../report.ts";
import { backupOf } from "../upstreams/backend.ts";
import { triesWithin } from "../upstreams/next-upstream.ts";
import { checkPort } from "../upstreams/service.ts";
import { streamHealthCheckSupport, translateStreamHealthCheck } from "./stream-health-check.ts";

type Spec = NonNullable<TransportServer["spec"]>;
type StreamUpstream = NonNullable<NonNullable<Spec["upstreams"]>[number]>;

/** What becomes of the fields of an upstream. */
export const streamUpstreamSupport: FieldSupport = {
  name: served,
  service: served,
  port: served,
  failTimeout: served,
  maxFails: served,
  maxConns: served,
  ...streamHealthCheckSupport,
  loadBalancingMethod: {
    support: "approximated",
    how: "least_time is the lesser of two by connections under way",
  },
  backup: served,
  backupPort: served,
};

/** What becomes of `upstreamParameters`. */
export const streamParameterSupport: FieldSupport = {
  udpRequests: {
    support: "approximated",
    how: "1 sends each datagram to the endpoint that is next; with more a client stays with one",
  },
  udpResponses: {
    support: "approximated",
    how: "a session ends when nothing came for the time of sessionParameters.timeout",
  },
  connectTimeout: served,
  nextUpstream: served,
  nextUpstreamTimeout: {
    support: "approximated",
    how: "as many tries as fit by connectTimeout, and two at least",
  },
  nextUpstreamTries: served,
};

const balancings: Readonly<Record<string, Balancing | undefined>> = {
  round_robin: undefined,
  least_conn: "least-request",
  random: "random",
  "random two": "least-request",
  "random two least_conn": "least-request",
  "random least_conn": "least-request",
  // Times are not measured here, connections under way are.
  "least_time connect": "least-request",
  "least_time first_byte": "least-request",
  "least_time last_byte": "least-request",
  "least_time last_byte inflight": "least-request",
};

/** The stream that the action leads to; undefined after a complaint. */
export function translateStream(
  spec: Spec,
  protocol: "tcp" | "udp",
  report: Report,
  world: World,
): Stream | undefined {
  const parameters = translateParameters(spec.upstreamParameters, protocol, report);
  const session = checkTime(
    spec.sessionParameters?.timeout,
    "spec.sessionParameters.timeout",
    report,
    600_000,
  );
  const { connectTimeoutMs, ...rest } = parameters;
  const upstreams = new Map<string, Backend | undefined>();
  for (const [index, upstream] of (spec.upstreams ?? []).entries()) {
    if (upstream === undefined) continue;
    const at = `spec.upstreams[${index}]`;
    const name = checkName(upstream.name, `${at}.name`, report, isServiceName);
    const policy = translatePolicy(upstream, at, protocol, report);
    const target = findTarget(upstream, at, protocol, { report, world });
    if (name === undefined) continue;
    if (upstreams.has(name)) refusesTwice(report, `${at}.name`, name);
    else upstreams.set(name, target && { ...target, protocol, connectTimeoutMs, ...policy });
  }
  const backend = backendOf(spec, upstreams, report);
  return backend && { backend, idleTimeoutMs: Math.max(session, 1), ...rest };
}

function backendOf(
  { action }: Spec,
  upstreams: ReadonlyMap<string, Backend | undefined>,
  report: Report,
): Backend | undefined {
  if (action === undefined) return requires(report, "spec.action", "must specify action");
  const { pass = "" } = action;
  if (pass === "") return requires(report, "spec.action", "must specify pass");
  if (upstreams.has(pass)) return upstreams.get(pass);
  return missesReference(report, "spec.action.pass", pass);
}

interface Parameters extends Omit<Stream, "backend" | "idleTimeoutMs"> {
  readonly connectTimeoutMs: number;
}

function translateParameters(
  given: Spec["upstreamParameters"] = {},
  protocol: "tcp" | "udp",
  report: Report,
): Parameters {
  const at = "spec.upstreamParameters";
  for (const field of ["udpRequests", "udpResponses"] as const) {
    const count = given[field];
    if (count === undefined) continue;
    if (protocol !== "udp")
      forbids(report, `${at}.${field}`, "is not allowed for non-UDP TransportServers");
    checkCount(count, `${at}.${field}`, report);
  }
  const tries = checkCount(given.nextUpstreamTries, `${at}.nextUpstreamTries`, report) ?? 0;
  const time = (field: "connectTimeout" | "nextUpstreamTimeout", byDefault: number): number =>
    checkTime(given[field], `${at}.${field}`, report, byDefault);
  const connectTimeoutMs = Math.max(1, time("connectTimeout", 60_000));
  const timeoutMs = time("nextUpstreamTimeout", 0);
  const limits = { tries, timeoutMs, connectTimeoutMs };
  return {
    connectTimeoutMs,
    connectAttempts: given.nextUpstream === false ? 1 : triesWithin(limits),
    ...(given.udpRequests === 1 ? { spreadsDatagrams: true } : {}),
  };
}

type Policy = Omit<Backend, "namespace" | "service" | "port" | "protocol" | "connectTimeoutMs">;

function translatePolicy(
  upstream: StreamUpstream,
  at: string,
  protocol: "tcp" | "udp",
  report: Report,
): Policy {
  const fails = checkCount(upstream.maxFails, `${at}.maxFails`, report) ?? 1;
  const forMs = checkTime(upstream.failTimeout, `${at}.failTimeout`, report, 10_000);
  const limit = checkCount(upstream.maxConns, `${at}.maxConns`, report) ?? 0;
  const balancing = parseMethod(upstream.loadBalancingMethod, `${at}.loadBalancingMethod`, report);
  const healthCheck = translateStreamHealthCheck(upstream, at, protocol, report);
  const backup = backupOf(upstream, at, report);
  return {
    ...(balancing === undefined ? {} : { balancing }),
    // Nobody can tell whether a datagram arrived.
    ...(fails > 0 && forMs > 0 && protocol === "tcp"
      ? { ejection: { afterFailures: fails, forMs } }
      : {}),
    ...(limit > 0 ? { maxConnections: limit } : {}),
    ...(healthCheck === undefined ? {} : { healthCheck }),
    ...(backup === undefined ? {} : { backup }),
  };
}

/** A number that is not negative; complains about others. */
function checkCount(count: number | undefined, at: string, report: Report): number | undefined {
  if (count === undefined || count >= 0) return count;
  return refuses(report, at, count, "must be positive or zero");
}

/** Default: the lesser of two by lot. */
function parseMethod(text: string | undefined, at: string, report: Report): Balancing | undefined {
  const words = (text ?? "").trim();
  if (words === "") return "least-request";
  if (words in balancings) return balancings[words];
  if (/^hash \$\{?remote_addr\}?( consistent)?$/.test(words)) return "hash";
  refuses(report, at, text ?? "", `load balancing method is not valid: ${words}`);
  return undefined;
}

type Target = Pick<Backend, "namespace" | "service" | "port">;

/** The Service and port, also when nobody is there yet: connections are closed until then. */
function findTarget(
  upstream: StreamUpstream,
  at: string,
  protocol: "tcp" | "udp",
  { report, world }: { readonly report: Report; readonly world: World },
): Target | undefined {
  const service = checkName(upstream.service, `${at}.service`, report, isServiceName);
  const port = checkPort(upstream.port, `${at}.port`, report);
  if (service === undefined || port === undefined) return undefined;
  const { namespace } = report.origin;
  const loss = protocol === "udp" ? "datagrams are dropped" : "connections are closed";
  const known = world.get(serviceKind, namespace, service);
  if (known === undefined) {
    warns(report, `${at}.service`, {
      reason: "ServiceNotFound",
      message: `Service ${service} does not exist in namespace ${namespace}; ${loss}`,
      advice: "create the Service or correct the name",
    });
  } else if (!hasPort(known.value?.spec, port, protocol)) {
    const others = (known.value?.spec?.ports ?? []).map(
      (one) => `${one.port}/${one.protocol ?? "TCP"}`,
    );
    warns(report, `${at}.port`, {
      reason: "PortNotFound",
      message: `Service ${service} has no port ${port} by ${protocol.toUpperCase()}; ${loss}`,
      advice: `use one of its ports: ${others.join(", ")}`,
    });
  }
  return { namespace, service, port };
}

function hasPort(spec: Service["spec"], port: number, protocol: "tcp" | "udp"): boolean {
  if (spec?.type === "ExternalName") return true;
  const transport = protocol === "udp" ? "UDP" : "TCP";
  return (spec?.ports ?? []).some(
    (one) => one.port === port && (one.protocol ?? "TCP") === transport,
  );
}
