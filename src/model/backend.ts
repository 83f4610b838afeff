/** What a route reaches: named by what it is, never by the route that uses it. */

import type { Brand } from "#base/brand.ts";
import { compareText } from "#base/compare.ts";
import { contentHash } from "#base/content-hash.ts";

/** The text form of a {@link Backend}; equal texts mean one cluster. */
export type BackendName = Brand<"BackendName">;

export interface Backend {
  readonly namespace: string;
  readonly service: string;
  /** The Service's port, by number or by name. */
  readonly port: number | string;
  /** How we speak to it: HTTP/1.1, HTTP/2 without asking, or bytes and datagrams passed on as they come. */
  readonly protocol: "http1" | "h2c" | "tcp" | "udp";
  readonly connectTimeoutMs: number;
  /** By TLS, which is for HTTP; `unverified`: whoever answers, without a certificate of ours. Default: in clear text. */
  readonly tls?: "unverified" | UpstreamTls;
  /** Who of the endpoints gets a request. Default: one after the other. */
  readonly balancing?: Balancing;
  /** Endpoints that fail get no requests for a while. Default: none. */
  readonly ejection?: Ejection;
  /** To each endpoint. Default: no limit. */
  readonly maxConnections?: number;
  /** So many requests may wait for a connection, whichever endpoint it is to. Default: no limit. */
  readonly maxWaiting?: number;
  /** `per-client`: each connection of a client has its own to the endpoints, as NTLM wants it. Default: they are shared. */
  readonly connections?: "per-client";
  /** For so long an endpoint that is new gets ever more requests, until it has its share. Default: at once. */
  readonly slowStartMs?: number;
  /** Endpoints are asked how they are; one that says nothing good gets no requests. Default: readiness alone decides. */
  readonly healthCheck?: HealthCheck;
  /** Only the pods with these labels, of those behind the Service. Default: all. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** `service-address`: the Service's own address is the only endpoint. Default: the endpoints themselves. */
  readonly reached?: "service-address";
  /** Who gets the requests when no endpoint is left. Default: nobody. */
  readonly backup?: { readonly service: string; readonly port: number };
}

/**
 * `least-request`: of two endpoints drawn by lot the one with fewer requests under way. `hash`: the one that the
 * requests' hash says, with as few others as can be when endpoints come and go.
 */
export type Balancing = "least-request" | "random" | "hash";

/** TLS in which one side or both show who they are. Secrets are named, never part of it. */
export interface UpstreamTls {
  /** The Secret with the certificate that we show. Default: none. */
  readonly certificate?: { readonly namespace: string; readonly name: string };
  /** Default: whoever answers. */
  readonly verified?: {
    /** The entry of a Secret with the authorities, as PEM, of whom one must have signed. */
    readonly trusted: { readonly namespace: string; readonly name: string; readonly key: string };
    /** What the certificate must be for. */
    readonly name: string;
    /** So many certificates may stand between it and the authority's. */
    readonly depth: number;
  };
  /** Whom the handshake asks for. Default: nobody. */
  readonly serverName?: string;
}

export interface HealthCheck {
  /** `grpc`: the gRPC health checking protocol, for this service; empty: for the whole server. */
  readonly ask:
    | {
        readonly kind: "http";
        readonly path: string;
        /** Half-open: `end` is the first that is not good any more. */
        readonly statuses: readonly { readonly start: number; readonly end: number }[];
        readonly headers: Readonly<Record<string, string>>;
      }
    | { readonly kind: "grpc"; readonly service: string }
    /** A connection that stands or, by UDP, a datagram; with what is sent, and what must be in the answer, both in hex. */
    | { readonly kind: "tcp" | "udp"; readonly send?: string; readonly expect?: string };
  readonly intervalMs: number;
  /** Up to so much is added to each interval, by chance. */
  readonly jitterMs: number;
  readonly timeoutMs: number;
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
  /** Default: the endpoint's own. */
  readonly port?: number;
}

export interface Ejection {
  /** So many connections in a row that could not be made, or were lost before an answer. */
  readonly afterFailures: number;
  readonly forMs: number;
}

/** `default/tea-svc:80`, with protocol and policy behind it when they are not the plain ones. */
export function backendName(backend: Backend): BackendName {
  const base = `${backend.namespace}/${backend.service}:${backend.port}`;
  const protocol = backend.protocol === "http1" ? "" : `+${backend.protocol}`;
  const tls = backend.tls === undefined ? "" : `+tls=${tlsName(backend.tls)}`;
  const connect = backend.connectTimeoutMs === 5000 ? "" : `+connect=${backend.connectTimeoutMs}ms`;
  return `${base}${protocol}${tls}${connect}${policyName(backend)}` as BackendName;
}

function tlsName(tls: "unverified" | UpstreamTls): string {
  return typeof tls === "string" ? tls : contentHash(JSON.stringify(tls)).slice(0, 16);
}

/** The policies that are rarely anything but their dialect's own, in short. */
function policyName(backend: Backend): string {
  const { namespace, service, port, protocol, connectTimeoutMs, tls, ...policy } = backend;
  const given = Object.entries(policy)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => compareText(a, b));
  return given.length === 0 ? "" : `+policy=${contentHash(JSON.stringify(given)).slice(0, 8)}`;
}

/** One address that may answer. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Gets requests only when no other endpoint is left. */
  readonly isBackup?: true;
}

/** A DNS name that we resolve (ExternalName): each of its addresses may answer. */
export interface NamedEndpoint {
  readonly name: string;
  readonly port: number;
  /** The Service that says so. */
  readonly service: string;
  readonly isBackup?: true;
}

/** Who answers for a backend now: those whose addresses are known (EndpointSlices), and those known by name. */
export interface Endpoints {
  readonly addresses: readonly Endpoint[];
  readonly names: readonly NamedEndpoint[];
}
