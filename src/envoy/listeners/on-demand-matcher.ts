/**
 * Which filter chain takes a connection where the handshake's server name is the name of a secret: only what can be a
 * host name may become one. In xDS `*` means every name and `xdstp:` another scheme; a client that could subscribe to
 * these would stop the secrets of all others.
 */

import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import {
  ServerNameInputSchema,
  SourceIPInputSchema,
  TransportProtocolInputSchema,
} from "#gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts";
import { IpSchema } from "#gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.ts";
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
import { matcherExtension, noneOf, textMatches } from "../xds-matcher.ts";

/** Names of the filter chains between which {@link buildChainMatcher} chooses. */
export interface OnDemandChains {
  readonly notTls: string;
  readonly refused: string;
  readonly peer: string;
  readonly forwarded: string;
}

/** RFC 1035 §2.3.4 for the length; underscores are no part of host names, but are seen in them. */
const hostName = "[A-Za-z0-9._-]{1,253}";

export function buildChainMatcher(
  chains: OnDemandChains,
  trustedProxies: readonly CidrRange[],
): Matcher {
  const impossible = bothOf(
    textMatches(serverName, "(?s).+"),
    noneOf(textMatches(serverName, hostName)),
  );
  const matchers = [
    when(textMatches(transportProtocol, "raw_buffer"), chains.notTls),
    when(impossible, chains.refused),
    ...(trustedProxies.length === 0 ? [] : [when(comesFrom(trustedProxies), chains.forwarded)]),
  ];
  return create(MatcherSchema, {
    matcherType: { case: "matcherList", value: { matchers } },
    onNoMatch: goTo(chains.peer),
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
const sourceAddress = matcherExtension(
  "source-address",
  SourceIPInputSchema,
  create(SourceIPInputSchema),
);

function when(
  predicate: Matcher_MatcherList_Predicate,
  chain: string,
): Matcher_MatcherList_FieldMatcher {
  return create(Matcher_MatcherList_FieldMatcherSchema, { predicate, onMatch: goTo(chain) });
}

function goTo(chain: string): Matcher_OnMatch {
  const value = matcherExtension(
    chain,
    StringValueSchema,
    create(StringValueSchema, { value: chain }),
  );
  return create(Matcher_OnMatchSchema, { onMatch: { case: "action", value } });
}

function comesFrom(networks: readonly CidrRange[]): Matcher_MatcherList_Predicate {
  const ip = create(IpSchema, { cidrRanges: [...networks], statPrefix: "trusted-proxies" });
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: {
      case: "singlePredicate",
      value: {
        input: sourceAddress,
        matcher: { case: "customMatch", value: matcherExtension("networks", IpSchema, ip) },
      },
    },
  });
}

function bothOf(...predicate: Matcher_MatcherList_Predicate[]): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "andMatcher", value: { predicate } },
  });
}
