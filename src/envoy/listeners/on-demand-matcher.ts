/**
 * Which filter chain takes a connection where the handshake's server name is the name of a secret: only what can be a
 * host name may become one. In xDS `*` means every name and `xdstp:` another scheme; a client that could subscribe to
 * these would stop the secrets of all others.
 */

import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { compareText } from "#base/compare.ts";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import {
  ApplicationProtocolInputSchema,
  ServerNameInputSchema,
  TransportProtocolInputSchema,
} from "#gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts";
import type {
  Matcher,
  Matcher_MatcherList_FieldMatcher,
  Matcher_MatcherList_Predicate,
  Matcher_OnMatch,
} from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import {
  Matcher_MatcherList_FieldMatcherSchema,
  Matcher_MatcherList_PredicateSchema,
  Matcher_OnMatchSchema,
  MatcherSchema,
} from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { comesFrom, doing, matcherExtension, noneOf, textMatches } from "../xds-matcher.ts";
import type { ListenerSettings } from "./settings.ts";
import { authorityProtocol } from "./tls.ts";

/** Names of two filter chains: for clients, and for proxies that are trusted. */
export interface OnDemandPeers {
  readonly peer: string;
  readonly forwarded: string;
}

/** Names of the filter chains between which {@link buildChainMatcher} chooses. */
export interface OnDemandChains extends OnDemandPeers {
  readonly notTls: string;
  readonly refused: string;
  /** Server names whose handshakes are passed on unopened → the chain that does it. */
  readonly passedOn: ReadonlyMap<string, string>;
  /** Server names under which clients are asked for a certificate → the chains that do. */
  readonly asking: ReadonlyMap<string, OnDemandPeers>;
  /** Server names that a certificate authority is shown to be ours → the chain that does it. */
  readonly proving: ReadonlyMap<string, string>;
}

/** RFC 1035 §2.3.4 for the length; underscores are no part of host names, but are seen in them. */
const hostName = "[A-Za-z0-9._-]{1,253}";

export function buildChainMatcher(
  chains: OnDemandChains,
  { trustedProxies, allowedClients }: Pick<ListenerSettings, "trustedProxies" | "allowedClients">,
): Matcher {
  const impossible = bothOf(
    textMatches(serverName, "(?s).+"),
    noneOf(textMatches(serverName, hostName)),
  );
  const first = [
    when(textMatches(transportProtocol, "raw_buffer"), chains.notTls),
    when(impossible, chains.refused),
  ];
  const proxiesOf = ({ forwarded }: OnDemandPeers): Matcher_MatcherList_FieldMatcher[] =>
    trustedProxies.length === 0
      ? []
      : [when(comesFrom(trustedProxies, "trusted-proxies"), forwarded)];
  const { passedOn, asking, proving } = chains;
  if (passedOn.size + asking.size + proving.size === 0)
    return listOf([...first, ...proxiesOf(chains)], goTo(chains.peer));
  const answeredBy = (peers: OnDemandPeers): Matcher_OnMatch =>
    goOn(listOf(proxiesOf(peers), goTo(peers.peer)));
  const entries = [
    ...passedOnEntries(chains, allowedClients),
    ...[...asking].map(([name, peers]) => [name, answeredBy(peers)] as const),
  ];
  const others = answeredBy(chains);
  const usual = entries.length === 0 ? others : goOn(byName(entries, others));
  if (proving.size === 0) return listOf(first, usual);
  // Whoever speaks it alone is an authority; whoever offers it beside others is served as anybody.
  const proof = byName(
    [...proving].map(([name, chain]) => [name, goTo(chain)] as const),
    usual,
  );
  const predicate = textMatches(applicationProtocols, `'${authorityProtocol}'`);
  return listOf([...first, fieldMatcher(predicate, goOn(proof))], usual);
}

function listOf(matchers: Matcher_MatcherList_FieldMatcher[], onNoMatch: Matcher_OnMatch): Matcher {
  if (matchers.length === 0) return create(MatcherSchema, { onNoMatch });
  return create(MatcherSchema, {
    matcherType: { case: "matcherList", value: { matchers } },
    onNoMatch,
  });
}

type Entry = readonly [name: string, chosen: Matcher_OnMatch];

function passedOnEntries(
  { passedOn, refused }: OnDemandChains,
  allowedClients: readonly CidrRange[],
): readonly Entry[] {
  return [...passedOn].map(([name, chain]) => {
    if (allowedClients.length === 0) return [name, goTo(chain)];
    const allowed = when(comesFrom(allowedClients, "allowed-clients"), chain);
    return [name, goOn(listOf([allowed], goTo(refused)))];
  });
}

/** In one look, however many there are. */
function byName(entries: readonly Entry[], onNoMatch: Matcher_OnMatch): Matcher {
  const sorted = [...entries].sort(([a], [b]) => compareText(a, b));
  const map = { map: Object.fromEntries(sorted) };
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherTree",
      value: { input: serverName, treeType: { case: "exactMatchMap", value: map } },
    },
    onNoMatch,
  });
}

const serverName = matcherExtension(
  "server-name",
  ServerNameInputSchema,
  create(ServerNameInputSchema),
);
const transportProtocol = matcherExtension(
  "transport-protocol",
  TransportProtocolInputSchema,
  create(TransportProtocolInputSchema),
);

/** A list of the protocols that the client offers, in quotes. */
const applicationProtocols = matcherExtension(
  "application-protocols",
  ApplicationProtocolInputSchema,
  create(ApplicationProtocolInputSchema),
);

function when(
  predicate: Matcher_MatcherList_Predicate,
  chain: string,
): Matcher_MatcherList_FieldMatcher {
  return fieldMatcher(predicate, goTo(chain));
}

function fieldMatcher(
  predicate: Matcher_MatcherList_Predicate,
  onMatch: Matcher_OnMatch,
): Matcher_MatcherList_FieldMatcher {
  return create(Matcher_MatcherList_FieldMatcherSchema, { predicate, onMatch });
}

function goTo(chain: string): Matcher_OnMatch {
  return doing(
    matcherExtension(chain, StringValueSchema, create(StringValueSchema, { value: chain })),
  );
}

function goOn(value: Matcher): Matcher_OnMatch {
  return create(Matcher_OnMatchSchema, { onMatch: { case: "matcher", value } });
}

function bothOf(...predicate: Matcher_MatcherList_Predicate[]): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "andMatcher", value: { predicate } },
  });
}
