/**
 * A port of its own → its listener.
 *
 *   udp                         one filter for all datagrams
 *   tcp                         a filter chain for each server name, and one for what is left
 *     with a Secret             TLS ends there; while the Secret cannot be used handshakes are refused
 *     without                   what comes is passed on, TLS unopened if it is that
 *
 * What changes is a filter chain, which drains its own connections and no others. Only a port that begins or ceases to be
 * told apart by server names has another frame, and one by UDP has nothing but that.
 */

import { create } from "@bufbuild/protobuf";
import type {
  FilterChain,
  ListenerFilter,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { backendName } from "#model/backend.ts";
import type { StreamRule } from "#model/fragment.ts";
import { formatHost } from "#model/host.ts";
import type { ServedPort } from "#model/port-claims.ts";
import { refusedChainPrefix, ticketsName } from "../chain-names.ts";
import { durationOf } from "../encode.ts";
import type { Resource, ResourceName } from "../resource.ts";
import type { OwnPortSettings } from "./layout.ts";
import { assembleListener, encodeFilterChains, protectionsOf, tlsInspector } from "./listener.ts";
import { buildOwnFrame } from "./own-listener.ts";
import { streamMatch } from "./passthrough.ts";
import { buildRefusingChain } from "./refusal.ts";
import type { ListenerSettings } from "./settings.ts";
import { buildTcpProxy, buildUdpProxy } from "./stream-filters.ts";
import { tlsForStreams } from "./tls.ts";

/** The name of the filter chain of a rule. */
export function streamChainName({ serverName }: StreamRule): string {
  return `stream/${serverName === undefined ? "*" : formatHost(serverName)}`;
}

/** `secretOf`: the name of the secret that answers for a rule; undefined when its Secret cannot be used. */
export function buildStreamListener(
  { port, rules }: Pick<ServedPort, "port" | "rules">,
  own: OwnPortSettings,
  secretOf: (rule: StreamRule) => string | undefined,
): Resource {
  const { listeners: settings } = own;
  const isUdp = port.protocol === "udp";
  const frame = buildOwnFrame(
    port,
    own,
    isUdp ? datagramFilters(rules, settings) : inspectors(rules),
  );
  const chains = isUdp ? [] : chainsOf(rules, settings, secretOf);
  const secrets = rules.flatMap((rule) => secretOf(rule) ?? []);
  const needs: readonly ResourceName[] = [
    ...rules.map(({ stream }) => ({ type: "cluster", name: backendName(stream.backend) }) as const),
    ...[...new Set(secrets)].map((name) => ({ type: "secret", name }) as const),
    ...(settings.sharesTickets === true
      ? [...new Set(secrets)].map((name) => ({ type: "secret", name: ticketsName(name) }) as const)
      : []),
  ];
  const protections = protectionsOf(settings);
  return assembleListener(frame, [encodeFilterChains(chains)], { needs, protections });
}

function datagramFilters(
  [first]: readonly StreamRule[],
  settings: ListenerSettings,
): ListenerFilter[] {
  return first === undefined ? [] : [buildUdpProxy(first.stream, first.origin, settings)];
}

/** Who speaks first on a plain port may be the server: nobody waits for a handshake there. */
function inspectors(rules: readonly StreamRule[]): ListenerFilter[] {
  return rules.some(({ serverName }) => serverName !== undefined) ? [tlsInspector()] : [];
}

/** The oldest first: names are told apart by how exact they are, whatever the order. */
function chainsOf(
  rules: readonly StreamRule[],
  settings: ListenerSettings,
  secretOf: (rule: StreamRule) => string | undefined,
): readonly FilterChain[] {
  return rules.map((rule) => {
    const { serverName, secret, stream, origin } = rule;
    const name = streamChainName(rule);
    const match = streamMatch(serverName, settings);
    const served = secretOf(rule);
    if (secret !== undefined && served === undefined)
      return buildRefusingChain(`${refusedChainPrefix}${name}`, match);
    return create(FilterChainSchema, {
      name,
      filterChainMatch: create(FilterChainMatchSchema, match),
      filters: [buildTcpProxy(stream, origin, settings)],
      ...(served === undefined
        ? {}
        : {
            transportSocket: tlsForStreams(served, settings),
            transportSocketConnectTimeout: durationOf(10_000),
          }),
    });
  });
}
