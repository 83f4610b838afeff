/** The guard of a host: which connections may carry requests for it, and the 421 for all others (RFC 9110 §15.5.20). */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { unreachable } from "#base/unreachable.ts";
import type { HeaderMatcherSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { Host } from "#model/host.ts";
import { formatOwnPort, type OwnPort } from "#model/own-port.ts";
import { withConnectionGroup } from "../filters/connection-group.ts";
import { connectionKey, luaNamespace } from "../filters/scope-scripts.ts";
import {
  chainName,
  connectionHeader,
  foreignConnection,
  ownNameConnection,
  ownPortHeader,
  plainConnection,
  scopeHeader,
  serverNamePrefix,
} from "../internal-headers.ts";
import type { EnvoyRoute } from "./route.ts";

type HeaderMatcher = MessageInitShape<typeof HeaderMatcherSchema>;

/** Connections without TLS are never misdirected: they show no certificate. */
export type ConnectionGuard =
  /** Every connection may. */
  | { readonly kind: "open" }
  /** Those of the filter chain of this certificate group; without one, no TLS connection. */
  | { readonly kind: "chain"; readonly group?: string }
  /** Those whose server name is in this certificate group; without one, no TLS connection. */
  | { readonly kind: "server-name"; readonly host: Host; readonly group?: string };

/** What names the connections of a group; those of no group match no guard. */
export function connectionOf(group: string | undefined): string {
  return group === undefined ? foreignConnection : chainName(group);
}

/** What the guard keeps out, as texts to be compared. */
export function protectionsOfGuard(guard: ConnectionGuard): readonly string[] {
  return guard.kind === "open" ? [] : [`connections but those of ${connectionOf(guard.group)}`];
}

/** The route that answers 421, to stand before all others; undefined when every connection may. */
export function buildMisdirectedRoute(
  guard: ConnectionGuard,
  name: string,
): EnvoyRoute | undefined {
  switch (guard.kind) {
    case "open":
      return undefined;
    case "chain":
      return answer421(name, [plainConnection, ...allowedBy(guard.group)].map(isNotMarked));
    case "server-name": {
      const asksForIt =
        guard.host.kind === "exact" ? [`${serverNamePrefix}${guard.host.name}`] : [];
      const own = guard.group === undefined ? [] : [...asksForIt, ownNameConnection];
      const named = [...allowedBy(guard.group), ...own].map((value) => isNot(value));
      return answer421(name, [isTls, ...named], {
        // A server name that is another host's finds its group here; one that is not yet known is looked up.
        metadata: {
          filterMetadata: { [luaNamespace]: { [connectionKey]: connectionOf(guard.group) } },
        },
        typedPerFilterConfig: withConnectionGroup(),
      });
    }
    default:
      return unreachable(guard);
  }
}

function allowedBy(group: string | undefined): readonly string[] {
  return group === undefined ? [] : [chainName(group)];
}

function answer421(
  name: string,
  headers: readonly HeaderMatcher[],
  more: Pick<EnvoyRoute, "metadata" | "typedPerFilterConfig"> = {},
): EnvoyRoute {
  return {
    name,
    match: { pathSpecifier: { case: "prefix", value: "/" }, headers: [...headers] },
    action: { case: "directResponse", value: { status: 421 } },
    ...more,
  };
}

/** The route that answers 404 at every port but those, to stand before all others. */
export function buildWrongPortRoute(ports: readonly OwnPort[], name: string): EnvoyRoute {
  return {
    name,
    match: {
      pathSpecifier: { case: "prefix", value: "/" },
      headers: ports.map((port) => isNot(formatOwnPort(port), ownPortHeader)),
    },
    action: { case: "directResponse", value: { status: 404 } },
  };
}

const isTls: HeaderMatcher = {
  name: connectionHeader,
  headerMatchSpecifier: { case: "presentMatch", value: true },
};

function isNot(value: string, name = connectionHeader): HeaderMatcher {
  return {
    name,
    headerMatchSpecifier: {
      case: "stringMatch",
      value: { matchPattern: { case: "exact", value } },
    },
    invertMatch: true,
  };
}

/** No name has a colon in it, so what ends so is named so. Without any word of the connection it is nobody's. */
function isNotMarked(connection: string): HeaderMatcher {
  return {
    name: scopeHeader,
    headerMatchSpecifier: {
      case: "stringMatch",
      value: { matchPattern: { case: "suffix", value: `:${connection}` } },
    },
    invertMatch: true,
    treatMissingHeaderAsEmpty: true,
  };
}
