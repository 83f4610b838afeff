/** The guard of a host: which connections may carry requests for it, and the 421 for all others (RFC 9110 §15.5.20). */

import { create } from "@bufbuild/protobuf";
import { unreachable } from "#base/unreachable.ts";
import type { HeaderMatcher, Route } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import {
  HeaderMatcherSchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { Host } from "#model/host.ts";
import { chainName, connectionHeader, serverNamePrefix } from "../internal-headers.ts";

/** Connections without TLS are never misdirected: they show no certificate. */
export type ConnectionGuard =
  /** No TLS connection. */
  | { readonly kind: "no-tls" }
  /** Those of the filter chain of this certificate group. */
  | { readonly kind: "group"; readonly name: string }
  /** Those whose handshake asked for one of these names. */
  | { readonly kind: "server-names"; readonly hosts: readonly Host[] };

/** The route that answers 421, to stand before all others; undefined when every connection may. */
export function buildMisdirectedRoute(guard: ConnectionGuard, name: string): Route | undefined {
  const foreign = matchForeign(guard);
  if (foreign === undefined) return undefined;
  return create(RouteSchema, {
    name,
    match: {
      pathSpecifier: { case: "prefix", value: "/" },
      headers: [
        create(HeaderMatcherSchema, {
          name: connectionHeader,
          headerMatchSpecifier: { case: "presentMatch", value: true },
        }),
        ...foreign,
      ],
    },
    action: { case: "directResponse", value: { status: 421 } },
  });
}

/** Matchers that hold together for a TLS connection that must not; undefined when none must not. */
function matchForeign(guard: ConnectionGuard): readonly HeaderMatcher[] | undefined {
  switch (guard.kind) {
    case "no-tls":
      return [];
    case "group":
      return [isNot({ case: "exact", value: chainName(guard.name) })];
    case "server-names": {
      const named = guard.hosts.filter((host) => host.kind !== "any");
      return named.length < guard.hosts.length
        ? undefined
        : named.map((host) => isNot(patternOf(host)));
    }
    default:
      return unreachable(guard);
  }
}

type Pattern =
  | { readonly case: "exact"; readonly value: string }
  | { readonly case: "safeRegex"; readonly value: { readonly regex: string } };

function isNot(matchPattern: Pattern): HeaderMatcher {
  return create(HeaderMatcherSchema, {
    name: connectionHeader,
    headerMatchSpecifier: { case: "stringMatch", value: { matchPattern } },
    invertMatch: true,
  });
}

function patternOf(host: Exclude<Host, { kind: "any" }>): Pattern {
  if (host.kind === "exact") return { case: "exact", value: `${serverNamePrefix}${host.name}` };
  const front = host.labels === "one" ? "[^.]+" : ".+";
  return {
    case: "safeRegex",
    value: { regex: `${serverNamePrefix}${front}\\.${escapeRegex(host.suffix)}` },
  };
}

function escapeRegex(text: string): string {
  return text.replace(/[^A-Za-z0-9-]/g, (character) => `\\${character}`);
}
