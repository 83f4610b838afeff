/** What annotations say of the Services behind an Ingress, as an upstream of the dialect. */

import type { IngressBackend } from "#kinds/ingress.ts";
import type { Upstream, UpstreamSessionCookie } from "#kinds/nginx/upstream.ts";
import { serviceKind } from "#kinds/service.ts";
import { annotationField } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { translateUpstream, type UpstreamForward } from "../features/upstreams/backend.ts";
import { checkSize } from "../quantities.ts";
import { forbids, type Report, refuses, requires, warns } from "../report.ts";
import { probeOf } from "./probe.ts";
import { byService, countOf, isOn, servicesOf, type Told, textOf } from "./values.ts";

/** Fields of an upstream by the annotation that says them. */
const textFields = {
  "lb-method": "nginx.org/lb-method",
  "fail-timeout": "nginx.org/fail-timeout",
  "connect-timeout": "nginx.org/proxy-connect-timeout",
  "read-timeout": "nginx.org/proxy-read-timeout",
  "send-timeout": "nginx.org/proxy-send-timeout",
  "next-upstream": "nginx.org/proxy-next-upstream",
  "next-upstream-timeout": "nginx.org/proxy-next-upstream-timeout",
  "client-max-body-size": "nginx.org/client-max-body-size",
  "client-body-buffer-size": "nginx.org/client-body-buffer-size",
  "buffer-size": "nginx.org/proxy-buffer-size",
  "busy-buffers-size": "nginx.org/proxy-busy-buffers-size",
  "slow-start": "nginx.com/slow-start",
} as const satisfies Partial<Record<keyof Upstream, string>>;

const countFields = {
  "max-fails": "nginx.org/max-fails",
  "max-conns": "nginx.org/max-conns",
  keepalive: "nginx.org/keepalive",
  "next-upstream-tries": "nginx.org/proxy-next-upstream-tries",
} as const satisfies Partial<Record<keyof Upstream, string>>;

const otherFields: Readonly<Record<string, string>> = {
  buffers: "nginx.org/proxy-buffers",
  buffering: "nginx.org/proxy-buffering",
  healthCheck: "nginx.com/health-checks",
};

const healthChecks = "nginx.com/health-checks";
const sticky = ["nginx.org/sticky-cookie-services", "nginx.com/sticky-cookie-services"] as const;

/** What annotations say of single Services. */
export interface ServiceWishes {
  readonly tls: ReadonlySet<string>;
  readonly grpc: ReadonlySet<string>;
  readonly rewrites: ReadonlyMap<string, string>;
  readonly sessions: ReadonlyMap<string, UpstreamSessionCookie>;
}

/** `known`: the Services of the Ingress. */
export function serviceWishes(told: Told, known: ReadonlySet<string>): ServiceWishes {
  servicesOf(told, "nginx.org/websocket-services", known);
  return {
    tls: servicesOf(told, "nginx.org/ssl-services", known),
    grpc: servicesOf(told, "nginx.org/grpc-services", known),
    rewrites: rewritesOf(told, known),
    sessions: sessionsOf(told),
  };
}

function rewritesOf(told: Told, known: ReadonlySet<string>): ReadonlyMap<string, string> {
  const name = "nginx.org/rewrites";
  const entries = byService(told, name, known);
  const rewrites = [...entries].flatMap(
    ([service, rest]): readonly (readonly [string, string])[] => {
      const to = /^rewrite=(\/[^\s{};$]*)$/.exec(rest)?.[1];
      if (to !== undefined) return [[service, to]];
      const detail = `'${rest}' must be a rewrite path such as 'rewrite=/tea', without whitespace, '{', '}' or '$'`;
      refuses(told.report, annotationField(name), told.text(name) ?? "", detail);
      return [];
    },
  );
  return new Map(rewrites);
}

/** nginx's own annotation goes before that of the paid one. */
function sessionsOf(told: Told): ReadonlyMap<string, UpstreamSessionCookie> {
  const name = sticky.find((one) => told.text(one) !== undefined) ?? sticky[0];
  return new Map(
    [...byService(told, name)].map(([service, rest]) => [service, sessionOf(rest)] as const),
  );
}

/** `NAME expires=1h domain=.example.com httponly secure path=/` ("sticky", ngx_http_upstream_module). */
function sessionOf(text: string): UpstreamSessionCookie {
  const [name = "", ...rest] = text.split(/\s+/);
  const parameters = new Map(
    rest.map((word) => {
      const [key = "", ...value] = word.split("=");
      return [key.toLowerCase(), value.join("=")] as const;
    }),
  );
  const { expires, domain, path, samesite } = Object.fromEntries(parameters);
  return {
    enable: true,
    name,
    ...(expires === undefined ? {} : { expires }),
    ...(domain === undefined ? {} : { domain }),
    ...(path === undefined ? {} : { path }),
    ...(samesite === undefined ? {} : { samesite }),
    secure: parameters.has("secure"),
    httpOnly: parameters.has("httponly"),
  };
}

/** What is wrong with annotations whichever Service they are for. */
export function checkUpstreamTexts(told: Told): void {
  for (const name of ["nginx.org/proxy-max-temp-file-size", "nginx.org/upstream-zone-size"])
    checkSize(textOf(told, name), annotationField(name), told.report, 0);
  const isChecked = isOn(told, healthChecks);
  const mandatory = "nginx.com/health-checks-mandatory";
  if (isOn(told, mandatory) && !isChecked) {
    const detail = `related annotation ${healthChecks}: must be true`;
    forbids(told.report, annotationField(mandatory), detail);
  }
  countOf(told, "nginx.com/health-checks-mandatory-queue");
}

export interface UpstreamContext {
  readonly told: Told;
  readonly wishes: ServiceWishes;
  readonly world: World;
}

/** How the Service of a backend is reached; undefined: it cannot be, so 502. `at`: the backend. */
export function translateServiceBackend(
  backend: IngressBackend,
  at: string,
  { told, wishes, world }: UpstreamContext,
): UpstreamForward | undefined {
  const { report } = told;
  if (backend.resource !== undefined)
    return forbids(report, `${at}.resource`, "resource backends are not supported");
  if (backend.service === undefined)
    return requires(report, at, "service backend must be specified");
  const { name: service } = backend.service;
  const placed: Report = { ...report, place: (path) => placeIn(path, at, sessionAnnotation(told)) };
  const port = portOf(backend, at, told, world);
  const session = wishes.sessions.get(service);
  const upstream: Upstream = {
    service,
    ...fieldsOf({ ...told, report: placed }),
    ...(port === undefined ? {} : { port }),
    ...(wishes.tls.has(service) ? { tls: { enable: true } } : {}),
    ...(wishes.grpc.has(service) ? { type: "grpc" } : {}),
    ...(session === undefined ? {} : { sessionCookie: session }),
    ...(isOn(told, "nginx.org/use-cluster-ip") ? { "use-cluster-ip": true } : {}),
    ...(port !== undefined && isOn(told, healthChecks)
      ? probeOf({ service, port, report }, world)
      : {}),
  };
  return port === undefined ? undefined : translateUpstream(upstream, "upstream", placed, world);
}

function fieldsOf(told: Told): Upstream {
  const texts = Object.entries(textFields).flatMap(([field, annotation]) => {
    const text = textOf(told, annotation);
    return text === undefined ? [] : [[field, text] as const];
  });
  const counts = Object.entries(countFields).flatMap(([field, annotation]) => {
    const count = countOf(told, annotation);
    return count === undefined ? [] : [[field, count] as const];
  });
  const buffers = buffersOf(told);
  return {
    ...Object.fromEntries<string | number>([...texts, ...counts]),
    ...(buffers === undefined ? {} : { buffers }),
    ...(told.text("nginx.org/proxy-buffering") === undefined
      ? {}
      : { buffering: isOn(told, "nginx.org/proxy-buffering") }),
  };
}

function buffersOf(told: Told): Upstream["buffers"] {
  const name = "nginx.org/proxy-buffers";
  const text = textOf(told, name);
  if (text === undefined) return undefined;
  const [, number = "", size = ""] = /^(\d{1,6}) (\d{1,9}[kKmM]?)$/.exec(text.trim()) ?? [];
  if (number === "")
    return refuses(told.report, annotationField(name), text, "must be a proxy buffer spec");
  return { number: Number(number), size };
}

/** The number of a port that may be given by its name; undefined, after a warning, where the Service has none of that name. */
function portOf(
  { service }: IngressBackend,
  at: string,
  { report }: Told,
  world: World,
): number | undefined {
  const { number, name } = service?.port ?? {};
  if (number !== undefined) return number;
  if (name === undefined) return requires(report, `${at}.service`, "a port must be specified");
  const known = world.get(serviceKind, report.origin.namespace, service?.name ?? "");
  const ports = known?.value?.spec?.ports ?? [];
  const found = ports.find((port) => port.name === name)?.port;
  if (found !== undefined) return found;
  const place = known === undefined ? `${at}.service.name` : `${at}.service.port`;
  return warns(report, place, {
    reason: known === undefined ? "ServiceNotFound" : "PortNotFound",
    message:
      known === undefined
        ? `Service ${service?.name} does not exist in namespace ${report.origin.namespace}; requests get 502`
        : `Service ${service?.name} has no port ${name}; requests get 502`,
    advice: "create it or correct the name",
  });
}

function sessionAnnotation({ text }: Told): string {
  return sticky.find((one) => text(one) !== undefined) ?? sticky[0];
}

/** Where what is said of an upstream stands in the Ingress. */
function placeIn(path: string, at: string, session: string): string {
  const field = /^upstream\.([^.]+)/.exec(path)?.[1];
  if (field === undefined) return path;
  if (field === "service") return `${at}.service.name`;
  if (field === "port") return `${at}.service.port`;
  if (field === "sessionCookie") return annotationField(session);
  const all: Readonly<Record<string, string>> = { ...textFields, ...countFields, ...otherFields };
  const annotation = all[field];
  return annotation === undefined ? at : annotationField(annotation);
}
