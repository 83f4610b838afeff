/**
 * One filter chain a certificate group: TLS sessions resume and HTTP/3 is possible, but adding a group sends the whole
 * listener (400 B a group, 0.3–0.5 s at 1,000 groups). For up to some hundred certificates.
 */

import { create } from "@bufbuild/protobuf";
import { compareText } from "#base/compare.ts";
import type { Filter, FilterChain } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { backendName } from "#model/backend.ts";
import { formatOwnPort, type OwnPort } from "#model/own-port.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import { plainTextChain, refusedChainPrefix } from "../chain-names.ts";
import { durationOf } from "../encode.ts";
import { chainName } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import { encodeChallengeChain } from "./challenge-chain.ts";
import type { Peers } from "./client-address.ts";
import { clientAddressHeaders, peersOf } from "./client-address.ts";
import { buildHttpConnectionManager } from "./http-connection-manager.ts";
import { buildHttpListener } from "./http-listener.ts";
import {
  type ListenerLayout,
  type ListenerPorts,
  needsOf,
  type OwnPortSettings,
} from "./layout.ts";
import {
  assembleListener,
  buildListenerFrame,
  encodeFilterChains,
  protectionsOf,
  tlsInspector,
} from "./listener.ts";
import { buildOwnFrame } from "./own-listener.ts";
import { buildPassthroughChain, streamMatch } from "./passthrough.ts";
import { buildPlainTextChain, buildRefusingChain } from "./refusal.ts";
import { serverNameOf } from "./server-name.ts";
import type { ListenerSettings } from "./settings.ts";
import { secretsOf, tlsOfGroup } from "./tls.ts";

export function chainLayout(settings: ListenerSettings, ports: ListenerPorts): ListenerLayout {
  const peers = peersFor(settings);
  const frame = buildListenerFrame("https", ports.https, settings, [tlsInspector()]);
  frame.defaultFilterChain = unknownChain();
  const constant = encodeFilterChains([clearTextChain()]);
  const own = { listeners: settings, ports };
  const protections = protectionsOf(settings);
  const httpListener = buildHttpListener(settings, ports.http);
  return {
    guard: ({ certificateGroup: group }) => ({
      kind: "chain",
      ...(group === undefined ? {} : { group }),
    }),
    byServerName: false,
    internalHeaders: clientAddressHeaders(settings),
    limitsClients: settings.allowedClients.length > 0,
    sharesTickets: settings.sharesTickets === true,
    encodeChain: (group) => ({
      bytes: encodeFilterChains(chainsOf(group, peers, settings)),
      secrets: secretsOf(group, settings),
    }),
    encodePassthrough: (host, passthrough) => {
      const match = streamMatch(host, settings);
      return {
        bytes: encodeFilterChains([buildPassthroughChain(host, passthrough, settings, match)]),
        secrets: [],
        passesOn: host,
        cluster: backendName(passthrough.stream.backend),
      };
    },
    encodeHandshakeAnswer: (answer, otherwise) => {
      const match = { transportProtocol: "tls", serverNames: [answer.host] };
      return encodeChallengeChain(answer, match, otherwise);
    },
    ownPorts: own,
    buildOwnHttps: (port, groups) => buildOwnHttps(port, groups, own),
    build: (chains) => {
      const sorted = [...chains].sort(([a], [b]) => compareText(a, b));
      const needs = [
        ...new Map(
          sorted
            .flatMap(([, chain]) => needsOf(chain))
            .map((need) => [`${need.type} ${need.name}`, need]),
        ).values(),
      ];
      const bytes = [constant, ...sorted.map(([, chain]) => chain.bytes)];
      return [httpListener, assembleListener(frame, bytes, { needs, protections })];
    },
  };
}

interface Peer {
  readonly match: Peers["match"];
  readonly manager: Filter;
}

/** The same bytes for all groups: what tells them apart is the chain's name. */
function peersFor(settings: ListenerSettings, ownPort?: string): readonly Peer[] {
  return peersOf(settings).map(({ clientAddress, match }) => ({
    match,
    manager: buildHttpConnectionManager(settings, {
      ...{ statPrefix: "https", naming: "by-chain", clientAddress },
      ...(ownPort === undefined ? {} : { ownPort }),
    }),
  }));
}

function unknownChain(): FilterChain {
  return buildRefusingChain(`${refusedChainPrefix}unknown`);
}

function clearTextChain(): FilterChain {
  return buildPlainTextChain(plainTextChain, { transportProtocol: "raw_buffer" });
}

function buildOwnHttps(
  port: OwnPort,
  groups: readonly CertificateGroup[],
  own: OwnPortSettings,
): Resource {
  const { listeners: settings } = own;
  const frame = buildOwnFrame(port, own, [tlsInspector()]);
  frame.defaultFilterChain = unknownChain();
  const peers = peersFor(settings, formatOwnPort(port));
  const chains = [clearTextChain(), ...groups.flatMap((group) => chainsOf(group, peers, settings))];
  const needs = needsOf({
    secrets: [...new Set(groups.flatMap((group) => secretsOf(group, settings)))],
  });
  const protections = protectionsOf(settings);
  return assembleListener(frame, [encodeFilterChains(chains)], { needs, protections });
}

/**
 * A group for every name has two matches if it names hosts as well: its own names must not fall to another group's
 * wildcard, which Envoy would find first.
 */
function chainsOf(
  group: CertificateGroup,
  peers: readonly Peer[],
  settings: ListenerSettings,
): readonly FilterChain[] {
  const names = [...new Set(group.hosts.filter(({ kind }) => kind !== "any").map(serverNameOf))];
  const matches = [
    ...(names.length > 0
      ? [{ transportProtocol: "tls", serverNames: names.sort(compareText) }]
      : []),
    ...(group.hosts.some(({ kind }) => kind === "any") ? [{ transportProtocol: "tls" }] : []),
  ];
  const { name } = group;
  const transportSocket = tlsOfGroup(group, settings);
  if (transportSocket === undefined) {
    return matches.map((match) => buildRefusingChain(`${refusedChainPrefix}${name}`, match));
  }
  return matches.flatMap((match) =>
    peers.map((peer) =>
      create(FilterChainSchema, {
        name: chainName(name),
        filterChainMatch: create(FilterChainMatchSchema, { ...match, ...peer.match }),
        filters: [peer.manager],
        transportSocket,
        transportSocketConnectTimeout: durationOf(10_000),
      }),
    ),
  );
}
