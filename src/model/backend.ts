/** What a route reaches: named by what it is, never by the route that uses it. */

import type { Brand } from "#base/brand.ts";

/** The text form of a {@link Backend}; equal texts mean one cluster. */
export type BackendName = Brand<"BackendName">;

export interface Backend {
  readonly namespace: string;
  readonly service: string;
  /** The Service's port, by number or by name. */
  readonly port: number | string;
  /** How we speak to it: HTTP/1.1, or HTTP/2 without TLS. */
  readonly protocol: "http1" | "h2c";
  readonly connectTimeoutMs: number;
}

/** `default/tea-svc:80`, with protocol and policy behind it when they are not the plain ones. */
export function backendName(backend: Backend): BackendName {
  const base = `${backend.namespace}/${backend.service}:${backend.port}`;
  const protocol = backend.protocol === "http1" ? "" : `+${backend.protocol}`;
  const connect = backend.connectTimeoutMs === 5000 ? "" : `+connect=${backend.connectTimeoutMs}ms`;
  return `${base}${protocol}${connect}` as BackendName;
}

/** One address that may answer. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Who answers for a backend now: addresses (EndpointSlices) or a DNS name we resolve (ExternalName). */
export type Endpoints =
  | { readonly kind: "addresses"; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: "dns"; readonly name: string; readonly port: number };
