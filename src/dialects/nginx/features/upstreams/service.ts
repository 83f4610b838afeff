/** The Service and port behind an upstream, if they are there. */

import type { Upstream } from "#kinds/nginx/upstream.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Backend } from "#model/backend.ts";
import type { World } from "../../../dialect.ts";
import { checkName, isLabel, isServiceName } from "../../names.ts";
import { type Report, refuses, requires, warns } from "../../report.ts";

/** Undefined: nginx has nobody to ask then, and answers 502. */
export function findService(
  upstream: Upstream,
  at: string,
  report: Report,
  world: World,
): Pick<Backend, "namespace" | "service" | "port"> | undefined {
  const named = parseService(upstream.service, `${at}.service`, report);
  const port = checkPort(upstream.port, `${at}.port`, report);
  if (named === undefined || port === undefined) return undefined;
  const { namespace, service } = named;
  const known = world.get(serviceKind, namespace, service);
  if (known === undefined) {
    return warns(report, `${at}.service`, {
      reason: "ServiceNotFound",
      message: `Service ${service} does not exist in namespace ${namespace}; requests get 502`,
      advice: "create the Service or correct the name",
    });
  }
  const spec = known.value?.spec;
  const ports = spec?.ports ?? [];
  if (spec?.type === "ExternalName" || ports.some((entry) => entry.port === port))
    return { namespace, service, port };
  return warns(report, `${at}.port`, {
    reason: "PortNotFound",
    message: `Service ${service} has no port ${port}; requests get 502`,
    advice: `use one of its ports: ${ports.map((entry) => entry.port).join(", ")}`,
  });
}

/** A Service of the own namespace, or `namespace/name`. */
function parseService(
  text: string | undefined,
  at: string,
  report: Report,
): { readonly namespace: string; readonly service: string } | undefined {
  const slash = text?.indexOf("/") ?? -1;
  if (text === undefined || slash < 0) {
    const service = checkName(text, at, report, isServiceName);
    return service === undefined ? undefined : { namespace: report.origin.namespace, service };
  }
  const [namespace = "", service = "", ...more] = text.split("/");
  if (isLabel(namespace) && isServiceName(service) && more.length === 0)
    return { namespace, service };
  return refuses(report, at, text, "must be the name of a service, or namespace/service-name");
}

/** A port number; undefined after a complaint. */
export function checkPort(
  port: number | undefined,
  at: string,
  report: Report,
): number | undefined {
  if (port === undefined) return requires(report, at);
  if (port >= 1 && port <= 65_535) return port;
  return refuses(report, at, port, "must be between 1 and 65535, inclusive");
}
