/** Backends of rules: a Service and one of its ports. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { type IngressBackend, ingressKind } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { type Service, type ServicePort, serviceKind } from "#kinds/service.ts";
import type { Action } from "#model/action.ts";
import { findingAt } from "../../common/findings.ts";
import { honoured, refused, type SupportRow } from "../../common/support.ts";
import type { World } from "../../dialect.ts";

/**
 * Core Ingress names no timeouts, retries or headers: long streams must live, a dead pod must not cost a request, and
 * backends find the host they were asked for where all the usual Ingress controllers put it.
 */
const policy = { idleTimeoutMs: 300_000, connectRetries: 1, forwardedHost: true } as const;
const connectTimeoutMs = 5000;

const unavailable: Action = { kind: "respond", status: 503 };

const places = ["spec.defaultBackend", "spec.rules[].http.paths[].backend"];

export const backendSupport: readonly SupportRow[] = places.flatMap((place) => [
  ...honoured(
    ingressKind.id,
    `${place}.service.name`,
    `${place}.service.port.name`,
    `${place}.service.port.number`,
  ),
  ...refused(
    ingressKind.id,
    {
      why: "what is behind a resource is its own controller's to know; requests get 503",
      told: { severity: "error", reason: "ResourceBackend", advice: "use a Service as backend" },
    },
    `${place}.resource`,
  ),
]);

export interface BackendVerdict {
  readonly action: Action;
  readonly findings: readonly Finding[];
}

/** What a backend does with a request; 503 when it cannot be reached, with the reason. */
export function translateBackend(
  backend: IngressBackend,
  origin: Origin,
  world: World,
): BackendVerdict {
  const refuse = (
    path: string,
    reason: string,
    message: string,
    advice: string,
  ): BackendVerdict => ({
    action: unavailable,
    findings: [
      findingAt(origin, path, "error", { reason, message: `${message}; requests get 503`, advice }),
    ],
  });
  if (backend.service === undefined) {
    return backend.resource === undefined
      ? refuse(
          origin.path,
          "NoBackend",
          "the backend names no service",
          "add service.name and service.port",
        )
      : { action: unavailable, findings: [] };
  }
  const { name, port } = backend.service;
  const wanted = port?.number ?? port?.name;
  if (wanted === undefined) {
    return refuse(
      `${origin.path}.service`,
      "NoPort",
      "the backend names no port",
      "add port.number or port.name",
    );
  }
  const service = world.get(serviceKind, origin.namespace, name);
  if (service === undefined) {
    return refuse(
      `${origin.path}.service.name`,
      "ServiceNotFound",
      `Service ${name} does not exist in namespace ${origin.namespace}`,
      "create the Service or correct the name",
    );
  }
  const found = portOf(service, wanted);
  if (found === undefined && service.value?.spec?.type !== "ExternalName") {
    const known = (service.value?.spec?.ports ?? [])
      .map((entry) => entry.name ?? entry.port)
      .join(", ");
    return refuse(
      `${origin.path}.service.port`,
      "PortNotFound",
      `Service ${name} has no port ${wanted}`,
      known === "" ? "add the port to the Service" : `use one of its ports: ${known}`,
    );
  }
  return forward(origin, { service: name, port: found?.port ?? wanted }, found);
}

/** The port of a Service by number or name. */
function portOf(service: Known<Service>, wanted: number | string): ServicePort | undefined {
  const ports = service.value?.spec?.ports ?? [];
  return ports.find((entry) =>
    typeof wanted === "number" ? entry.port === wanted : entry.name === wanted,
  );
}

function forward(
  origin: Origin,
  target: { readonly service: string; readonly port: number | string },
  port: ServicePort | undefined,
): BackendVerdict {
  const protocol = port?.appProtocol === "kubernetes.io/h2c" ? "h2c" : "http1";
  return {
    action: {
      kind: "forward",
      backend: { namespace: origin.namespace, ...target, protocol, connectTimeoutMs },
      ...policy,
    },
    findings: protocolFindings(origin, target.service, port),
  };
}

function protocolFindings(
  origin: Origin,
  service: string,
  port: ServicePort | undefined,
): readonly Finding[] {
  const appProtocol = port?.appProtocol;
  const spoken = [undefined, "http", "kubernetes.io/h2c", "kubernetes.io/ws"];
  if (spoken.includes(appProtocol) && (port?.protocol ?? "TCP") === "TCP") return [];
  const what =
    port?.protocol !== undefined && port.protocol !== "TCP"
      ? `protocol ${port.protocol}`
      : `appProtocol ${appProtocol}`;
  return [
    findingAt(origin, `${origin.path}.service.port`, "warning", {
      reason: "ProtocolNotSpoken",
      message: `port ${port?.port} of Service ${service} has ${what}; it is spoken to in plain HTTP/1.1`,
      advice:
        "use a port that speaks HTTP, or appProtocol kubernetes.io/h2c for HTTP/2 without TLS",
    }),
  ];
}
