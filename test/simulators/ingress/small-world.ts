/** Small worlds for the judge's tables, and its answers as one line. */

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Answer, Request } from "../ingress.ts";
import { judgeIngress } from "../ingress.ts";
import { selfSigned } from "../self-signed.ts";
import type { ClassSettings } from "./classes.ts";
import type {
  Ingress,
  IngressBackend,
  IngressPath,
  IngressSpec,
  Manifest,
  Metadata,
  World,
} from "./manifest.ts";
import { formatPlace } from "./place.ts";

/** An answer as one line: `default/web:80 by default/a spec.defaultBackend with default/cert`. */
export function told({ outcome, place, certificate }: Answer): string {
  const what =
    outcome.kind === "backend"
      ? `${outcome.namespace}/${outcome.service}:${outcome.port}`
      : outcome.kind === "status"
        ? `${outcome.status}`
        : outcome.kind === "external"
          ? `${outcome.name}:${outcome.port}`
          : "refused";
  const by = place === undefined ? "nobody" : formatPlace(place).replace("Ingress/", "");
  return `${what} by ${by}${certificate === undefined ? "" : ` with ${certificate}`}`;
}

/** A request without TLS. */
export function http(host: string, path: string): Request {
  return { scheme: "http", host, path };
}

/** A request over TLS with a server name, or none. */
export function https(sni: string | undefined, host: string): Request {
  return { scheme: "https", ...(sni !== undefined && { sni }), host, path: "/" };
}

/** The judge's answer as one line. */
export function ask(world: World, request: Request, settings?: ClassSettings): string {
  return told(judgeIngress(world, request, settings));
}

/** Two ages. */
export const early = "2026-01-01T00:00:00Z";
export const late = "2026-02-01T00:00:00Z";

/** An Ingress of namespace default, an early one unless said. */
export function ingress(name: string, spec: IngressSpec, more: Partial<Metadata> = {}): Ingress {
  const metadata = { name, namespace: "default", creationTimestamp: early, ...more };
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec };
}

/** A backend reference; to port 80 unless said. */
export function to(
  name: string,
  port: { number?: number; name?: string } = { number: 80 },
): IngressBackend {
  return { service: { name, port } };
}

/** Paths to the Services s0, s1 …: `=/a` Exact, `~/a` ImplementationSpecific, `/a` Prefix. */
export function paths(...list: readonly string[]): { readonly paths: readonly IngressPath[] } {
  const types = { "=": "Exact", "~": "ImplementationSpecific" } as const;
  return {
    paths: list.map((text, index) => {
      const type = text.startsWith("=") ? types["="] : text.startsWith("~") ? types["~"] : "Prefix";
      const path = type === "Prefix" ? text : text.slice(1);
      return { path, pathType: type, backend: to(`s${index}`) };
    }),
  };
}

/** A pod behind a Service. */
export interface Pod {
  readonly address: string;
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean };
}

/** A Service with the ports http 80 and admin 9000, and a slice of its pods. */
export function service(
  name: string,
  pods: readonly Pod[],
  namespace = "default",
): readonly Manifest[] {
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: {
        ports: [
          { name: "http", port: 80 },
          { name: "admin", port: 9000 },
        ],
      },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [
        { name: "admin", port: 19000 },
        { name: "http", port: 18080 },
      ],
      endpoints: pods.map(({ address, conditions }) => ({
        addresses: [address],
        ...(conditions !== undefined && { conditions }),
      })),
    },
  ];
}

/** s0 to s3 in both namespaces. */
export const services = ["s0", "s1", "s2", "s3"].flatMap((name) =>
  ["default", "shop"].flatMap((namespace) => service(name, [{ address: "10.0.0.1" }], namespace)),
);

/** Two pairs that do not fit each other. */
export const pair = selfSigned(["example.com"]);
export const otherPair = selfSigned(["example.com"]);

/** A TLS Secret with a matching pair unless said. */
export function secret(
  name: string,
  data: { crt?: string; key?: string } = {},
  namespace = "default",
): Manifest {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "kubernetes.io/tls",
    data: {
      "tls.crt": base64(data.crt ?? pair.certificate),
      "tls.key": base64(data.key ?? pair.key),
    },
  };
}

/** One test a sentence; each compares a pair. */
export function table(
  cases: Record<string, () => readonly [actual: string, expected: string]>,
): void {
  for (const [sentence, run] of Object.entries(cases)) {
    it(sentence, () => {
      const [actual, expected] = run();
      assert.equal(actual, expected);
    });
  }
}
