/** `listen-ports` and `listen-ports-ssl`: where a host takes requests. */

import type { OwnPort } from "#model/own-port.ts";
import { annotationField } from "../../common/support.ts";
import { refuses, warns } from "../report.ts";
import { type Told, textOf } from "./values.ts";

const ofHttp = "nginx.org/listen-ports";
const ofHttps = "nginx.org/listen-ports-ssl";

export interface Listeners {
  /** Absent: the gate's own ports. */
  readonly ports?: readonly OwnPort[];
  /** The port that redirects lead to. */
  readonly https: number;
}

/** Ports of its own take the place of the gate's; both at once a host cannot have. */
export function listenersOf(
  told: Told,
  { isTls, isAny }: { readonly isTls: boolean; readonly isAny: boolean },
): Listeners {
  const http = portsIn(told, ofHttp);
  const https = portsIn(told, ofHttps);
  const [first = 443] = https ?? [];
  if (http === undefined && https === undefined) return { https: first };
  const ports = [
    ...portsOf("http", http ?? [80]),
    ...(isTls ? portsOf("https", https ?? [443]) : []),
  ];
  const gates = ports.filter(({ port }) => port === 80 || port === 443);
  if (gates.length === 0 && !isAny) return { ports, https: first };
  if (gates.length < ports.length || isAny) {
    warns(told.report, annotationField(http === undefined ? ofHttps : ofHttp), {
      reason: "ListenPortsNotServed",
      message: isAny
        ? "every host is served at the gate's own ports, and at no others"
        : "a host is served either at 80 and 443, the gate's own ports, or at others: this one at the gate's own",
      advice: "name ports other than 80 and 443 for HTTP and HTTPS, or none",
    });
  }
  return { https: first };
}

function portsOf(protocol: "http" | "https", ports: readonly number[]): readonly OwnPort[] {
  return ports.map((port) => ({ name: `${protocol}-${port}`, protocol, port }));
}

function portsIn(told: Told, name: string): readonly number[] | undefined {
  const text = textOf(told, name);
  if (text === undefined) return undefined;
  const ports = text.split(",").map(Number);
  if (ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)) return ports;
  const detail = "must be a comma-separated list of port numbers";
  return refuses(told.report, annotationField(name), text, detail);
}
