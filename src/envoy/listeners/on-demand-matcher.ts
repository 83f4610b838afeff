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

/** Names of the filter chains between which {@link buildChainMatcher} chooses. */
export interface OnDemandChains {
  readonly notTls: string;
  readonly refused: string;
  readonly peer: string;
  readonly forwarded: string;
  /** Server names whose handshakes are passed on unopened → the chain that does it. */
  readonly passedOn: ReadonlyMap<string, string>;
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
  const others =
    trustedProxies.length === 0
      ? []
      : [when(comesFrom(trustedProxies, "trusted-proxies"), chains.forwarded)];
  if (chains.passedOn.size === 0) return listOf([...first, ...others], goTo(chains.peer));
  const answered = listOf(others, goTo(chains.peer));
  return listOf(first, goOn(byName(chains, allowedClients, answered)));
}

function listOf(matchers: Matcher_MatcherList_FieldMatcher[], onNoMatch: Matcher_OnMatch): Matcher {
  if (matchers.length === 0) return create(MatcherSchema, { onNoMatch });
  return create(MatcherSchema, {
    matcherType: { case: "matcherList", value: { matchers } },
    onNoMatch,
  });
}

/** In one look, however many there are. */
function byName(
  { passedOn, refused }: OnDemandChains,
  allowedClients: readonly CidrRange[],
  others: Matcher,
): Matcher {
  const sorted = [...passedOn].sort(([a], [b]) => compareText(a, b));
  const entries = sorted.map(([name, chain]) => {
    if (allowedClients.length === 0) return [name, goTo(chain)] as const;
    const allowed = when(comesFrom(allowedClients, "allowed-clients"), chain);
    return [name, goOn(listOf([allowed], goTo(refused)))] as const;
  });
  const map = { map: Object.fromEntries(entries) };
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherTree",
      value: { input: serverName, treeType: { case: "exactMatchMap", value: map } },
    },
    onNoMatch: goOn(others),
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

function when(
  predicate: Matcher_MatcherList_Predicate,
  chain: string,
): Matcher_MatcherList_FieldMatcher {
  return create(Matcher_MatcherList_FieldMatcherSchema, { predicate, onMatch: goTo(chain) });
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
