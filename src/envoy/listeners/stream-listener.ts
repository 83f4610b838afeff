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
import type { FilterChain } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { backendName } from "#model/backend.ts";
import type { StreamRule } from "#model/fragment.ts";
import { formatHost } from "#model/host.ts";
import { formatOwnPort, type OwnPort } from "#model/own-port.ts";
import type { ServedPort } from "#model/port-claims.ts";
import { refusedChainPrefix } from "../chain-names.ts";
import { durationOf } from "../encode.ts";
import type { Resource, ResourceName } from "../resource.ts";
import { type OwnPortSettings, openedPort } from "./layout.ts";
import {
  addAddresses,
  assembleListener,
  buildDatagramFrame,
  buildListenerFrame,
  encodeFilterChains,
  protectionsOf,
  tlsInspector,
} from "./listener.ts";
import { streamMatch } from "./passthrough.ts";
import { buildRefusingChain } from "./refusal.ts";
import type { ListenerSettings } from "./settings.ts";
import { buildTcpProxy, buildUdpProxy } from "./stream-filters.ts";
import { tlsForStreams } from "./tls.ts";

/** How the names of these listeners begin, before the port. */
export const ownListenerPrefix = "own/";

/** The name of the listener of a port of its own. */
export function ownListenerName(port: OwnPort): string {
  return `${ownListenerPrefix}${formatOwnPort(port)}`;
}

/** The name of the filter chain of a rule. */
export function streamChainName({ serverName }: StreamRule): string {
  return `stream/${serverName === undefined ? "*" : formatHost(serverName)}`;
}

/** `secretOf`: the name of the secret that answers for a rule; undefined when its Secret cannot be used. */
export function buildStreamListener(
  served: ServedPort,
  { listeners: settings, ports }: OwnPortSettings,
  secretOf: (rule: StreamRule) => string | undefined,
): Resource {
  const { port, rules } = served;
  const frame = frameOf(served, settings, openedPort(port, ports));
  const chains = port.protocol === "udp" ? [] : chainsOf(rules, settings, secretOf);
  const secrets = rules.flatMap((rule) => secretOf(rule) ?? []);
  const needs: readonly ResourceName[] = [
    ...rules.map(({ stream }) => ({ type: "cluster", name: backendName(stream.backend) }) as const),
    ...[...new Set(secrets)].map((name) => ({ type: "secret", name }) as const),
  ];
  const protections = protectionsOf(settings);
  return assembleListener(frame, [encodeFilterChains(chains)], { needs, protections });
}

function frameOf(
  { port, rules }: ServedPort,
  settings: ListenerSettings,
  opened: number,
): Listener {
  const name = ownListenerName(port);
  const [address = settings.address, ...others] = addressesOf(port, settings);
  const own = { ...settings, address };
  const [first] = rules;
  const isNamed = rules.some(({ serverName }) => serverName !== undefined);
  const frame =
    port.protocol === "udp" && first !== undefined
      ? buildDatagramFrame(name, opened, own, buildUdpProxy(first.stream, first.origin, settings))
      : buildListenerFrame(name, opened, own, isNamed ? [tlsInspector()] : []);
  addAddresses(frame, others);
  return frame;
}

/** Where only one family's address is given, the other one's stays the gate's own. */
function addressesOf(
  { addresses = [] }: OwnPort,
  { address }: ListenerSettings,
): readonly string[] {
  if (addresses.length === 0) return [address];
  const isOpen = addresses.some((one) => one.includes(":")) === address.includes(":");
  return isOpen || addresses.length > 1 ? addresses : [...addresses, address];
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
            transportSocket: tlsForStreams(served),
            transportSocketConnectTimeout: durationOf(10_000),
          }),
    });
  });
}
