/** A host whose handshakes are passed on unopened → its filter chain of the HTTPS listener. */

import { create } from "@bufbuild/protobuf";
import type {
  FilterChain,
  FilterChainMatchSchema as MatchSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { formatHost, type Host } from "#model/host.ts";
import type { Passthrough } from "#model/stream.ts";
import type { Init } from "../encode.ts";
import { serverNameOf } from "./server-name.ts";
import type { ListenerSettings } from "./settings.ts";
import { buildTcpProxy } from "./stream-filters.ts";

/** How the names of these chains begin. */
export const passthroughChainPrefix = "passthrough/";

/** The name of the chain. */
export function passthroughChainName(host: Host): string {
  return `${passthroughChainPrefix}${formatHost(host)}`;
}

/** The chain; without a match where a matcher chooses it by its name. */
export function buildPassthroughChain(
  host: Host,
  { stream, origin }: Passthrough,
  settings: ListenerSettings,
  match?: Init<typeof MatchSchema>,
): FilterChain {
  return create(FilterChainSchema, {
    name: passthroughChainName(host),
    ...(match === undefined ? {} : { filterChainMatch: create(FilterChainMatchSchema, match) }),
    filters: [buildTcpProxy(stream, origin, settings)],
  });
}

/** What a chain must match to get the connections for a server name, or for whatever name, of clients who are let in. */
export function streamMatch(
  serverName: Host | undefined,
  { allowedClients }: ListenerSettings,
): Init<typeof MatchSchema> {
  const isNamed = serverName !== undefined && serverName.kind !== "any";
  return {
    ...(isNamed ? { transportProtocol: "tls", serverNames: [serverNameOf(serverName)] } : {}),
    ...(allowedClients.length === 0 ? {} : { sourcePrefixRanges: [...allowedClients] }),
  };
}
