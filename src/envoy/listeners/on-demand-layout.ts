/**
 * One filter chain for all certificates, each asked for by the first handshake that needs it: adding a host sends
 * nothing but its certificate, at any number. Sessions do not resume, and HTTP/3 is not possible.
 *
 * All connections have one TLS configuration here, so hosts differ in nothing but their certificate. A connection is
 * known by its server name: the certificate group of the host that this name would reach is the connection's, and
 * `filters/connection-group.ts` finds it where the name is not the host asked for itself. When a name moves to another
 * certificate, so do the connections it has. Exact hosts that ask clients for a certificate have a chain of their own, as in
 * the other layout; of a wildcard it cannot be told which of the names below it are other hosts, so that those that ask are
 * reached by nobody (421).
 */

import { create } from "@bufbuild/protobuf";
import { compareText } from "#base/compare.ts";
import { FilterChainSchema } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { backendName } from "#model/backend.ts";
import { formatOwnPort } from "#model/own-port.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import { plainTextChain, refusedChainPrefix } from "../chain-names.ts";
import { durationOf } from "../encode.ts";
import { chainName, connectionHeader } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import { challengeChainName, encodeChallengeChain } from "./challenge-chain.ts";
import { clientAddressHeaders, peersOf } from "./client-address.ts";
import { buildHttpConnectionManager } from "./http-connection-manager.ts";
import { buildHttpListener } from "./http-listener.ts";
import { type EncodedChain, type ListenerLayout, type ListenerPorts, needsOf } from "./layout.ts";
import {
  assembleListener,
  buildListenerFrame,
  encodeFilterChains,
  protectionsOf,
  tlsInspector,
} from "./listener.ts";
import type { OnDemandChains, OnDemandPeers } from "./on-demand-matcher.ts";
import { buildChainMatcher } from "./on-demand-matcher.ts";
import { buildOwnFrame } from "./own-listener.ts";
import { buildPassthroughChain, passthroughChainName } from "./passthrough.ts";
import { buildPlainTextChain, buildRefusingChain } from "./refusal.ts";
import type { ListenerSettings } from "./settings.ts";
import { secretsOf, tlsOfGroup, tlsOnDemand } from "./tls.ts";

const nothing: EncodedChain = { bytes: new Uint8Array(), secrets: [] };

export function onDemandLayout(settings: ListenerSettings, ports: ListenerPorts): ListenerLayout {
  const httpListener = buildHttpListener(settings, ports.http);
  const encoded = encodeChains(settings);
  const own = { listeners: settings, ports };
  return {
    guard: ({ host, certificateGroup, clients }) => {
      const group = certificateGroup === undefined ? {} : { group: certificateGroup };
      return clients === undefined
        ? { kind: "server-name", host, ...group }
        : { kind: "chain", ...group };
    },
    byServerName: true,
    internalHeaders: [connectionHeader, ...clientAddressHeaders(settings)],
    limitsClients: settings.allowedClients.length > 0,
    sharesTickets: false,
    encodeChain: (group) => (group.clients === undefined ? nothing : askingChain(group, settings)),
    encodePassthrough: (host, passthrough) => ({
      bytes: encodeFilterChains([buildPassthroughChain(host, passthrough, settings)]),
      secrets: [],
      passesOn: host,
      cluster: backendName(passthrough.stream.backend),
    }),
    encodeHandshakeAnswer: (answer) => encodeChallengeChain(answer),
    ownPorts: own,
    buildOwnHttps: (port, groups) => {
      const frame = buildOwnFrame(port, own, [tlsInspector()]);
      const ownPort = formatOwnPort(port);
      const asking = groups.filter(({ clients }) => clients !== undefined);
      const added = asking.map((one) => [one.name, askingChain(one, settings, ownPort)] as const);
      const ofPort = { encoded: encodeChains(settings, ownPort), added: new Map(added) };
      return finish(frame, settings, ofPort);
    },
    build: (added) => {
      const frame = buildListenerFrame("https", ports.https, settings, [tlsInspector()]);
      return [httpListener, finish(frame, settings, { encoded, added })];
    },
  };
}

const chains: OnDemandChains = {
  notTls: plainTextChain,
  refused: `${refusedChainPrefix}impossible`,
  peer: "on-demand/peer",
  forwarded: "on-demand/forwarded",
  passedOn: new Map(),
  asking: new Map(),
  proving: new Map(),
};

/** The names of the chains that ask clients of a group for a certificate. */
function askingNames(group: string): OnDemandPeers {
  return { peer: `${chainName(group)}/peer`, forwarded: `${chainName(group)}/forwarded` };
}

function askingChain(
  group: CertificateGroup,
  settings: ListenerSettings,
  ownPort?: string,
): EncodedChain {
  const { name } = group;
  const asks = group.hosts.flatMap((host) => (host.kind === "exact" ? [host.name] : []));
  const transportSocket = tlsOfGroup(group, settings);
  if (transportSocket === undefined || asks.length === 0) return nothing;
  const built = peersOf(settings).map(({ clientAddress }) =>
    create(FilterChainSchema, {
      name: askingNames(name)[clientAddress],
      filters: [
        buildHttpConnectionManager(settings, {
          statPrefix: "https",
          naming: { as: chainName(name) },
          clientAddress,
          ...(ownPort === undefined ? {} : { ownPort }),
        }),
      ],
      transportSocket,
      transportSocketConnectTimeout: durationOf(10_000),
    }),
  );
  return {
    bytes: encodeFilterChains(built),
    secrets: secretsOf(group, settings),
    asks: asks.sort(compareText),
  };
}

/** Of a wildcard it cannot be told which of the names below it have a certificate: those are exact hosts alone. */
function finish(
  frame: Listener,
  settings: ListenerSettings,
  chain: { readonly encoded: Uint8Array; readonly added: ReadonlyMap<string, EncodedChain> },
): Resource {
  const passing = [...chain.added.values()].flatMap((one) =>
    one.passesOn?.kind === "exact" ? [{ ...one, host: one.passesOn }] : [],
  );
  passing.sort((a, b) => compareText(a.host.name, b.host.name));
  const passedOn = new Map(passing.map(({ host }) => [host.name, passthroughChainName(host)]));
  const asking = [...chain.added].filter(([, { asks }]) => asks !== undefined);
  asking.sort(([a], [b]) => compareText(a, b));
  const askedAs = new Map(
    asking.flatMap(([group, { asks = [] }]) =>
      asks.map((name) => [name, askingNames(group)] as const),
    ),
  );
  const proofs = [...chain.added.values()].flatMap((one) =>
    one.proves === undefined ? [] : [{ ...one, name: one.proves }],
  );
  proofs.sort((a, b) => compareText(a.name, b.name));
  const proving = new Map(proofs.map(({ name }) => [name, challengeChainName(name)]));
  frame.filterChainMatcher = buildChainMatcher(
    { ...chains, passedOn, asking: askedAs, proving },
    settings,
  );
  const more = [...passing, ...asking.map(([, one]) => one), ...proofs];
  const bytes = [chain.encoded, ...more.map((one) => one.bytes)];
  const needs = more.flatMap(needsOf);
  return assembleListener(frame, bytes, { needs, protections: protectionsOf(settings) });
}

/** The chains that are always there. */
function encodeChains(settings: ListenerSettings, ownPort?: string): Uint8Array {
  const transportSocket = tlsOnDemand();
  const served = peersOf(settings).map(({ clientAddress }) =>
    create(FilterChainSchema, {
      name: chains[clientAddress],
      filters: [
        buildHttpConnectionManager(settings, {
          ...{ statPrefix: "https", naming: "by-server-name", clientAddress },
          ...(ownPort === undefined ? {} : { ownPort }),
        }),
      ],
      transportSocket,
      // Long enough for a certificate that is issued while the first client waits.
      transportSocketConnectTimeout: durationOf(30_000),
    }),
  );
  return encodeFilterChains([
    buildPlainTextChain(chains.notTls),
    buildRefusingChain(chains.refused),
    ...served,
  ]);
}
