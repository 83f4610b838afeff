/** Parts of the xDS matcher API, which has its own twins of Envoy's extension and string matcher messages. */

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import { SourceIPInputSchema } from "#gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts";
import { IpSchema } from "#gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.ts";
import type { TypedExtensionConfig } from "#gen/xds/core/v3/extension_pb.ts";
import { TypedExtensionConfigSchema } from "#gen/xds/core/v3/extension_pb.ts";
import type {
  Matcher_MatcherList_Predicate,
  Matcher_OnMatch,
} from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import {
  Matcher_MatcherList_PredicateSchema,
  Matcher_OnMatchSchema,
} from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import {
  RegexMatcher_GoogleRE2Schema,
  RegexMatcherSchema,
} from "#gen/xds/type/matcher/v3/regex_pb.ts";
import { StringMatcherSchema } from "#gen/xds/type/matcher/v3/string_pb.ts";

/** What a matcher looks at or does, by its extension. */
export function matcherExtension<Schema extends DescMessage>(
  name: string,
  schema: Schema,
  message: MessageShape<Schema>,
): TypedExtensionConfig {
  return create(TypedExtensionConfigSchema, { name, typedConfig: anyPack(schema, message) });
}

/** True when the whole text of `input` matches; false when there is none. */
export function textMatches(
  input: TypedExtensionConfig,
  regex: string,
): Matcher_MatcherList_Predicate {
  const value = create(StringMatcherSchema, {
    matchPattern: {
      case: "safeRegex",
      value: create(RegexMatcherSchema, {
        regex,
        engineType: { case: "googleRe2", value: create(RegexMatcher_GoogleRE2Schema) },
      }),
    },
  });
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: {
      case: "singlePredicate",
      value: { input, matcher: { case: "valueMatch", value } },
    },
  });
}

/** True when all of them are. */
export function allOf(
  ...predicate: readonly Matcher_MatcherList_Predicate[]
): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "andMatcher", value: { predicate: [...predicate] } },
  });
}

/** True when the predicate is not. */
export function noneOf(value: Matcher_MatcherList_Predicate): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, { matchType: { case: "notMatcher", value } });
}

/** True when the connection, or the datagram, comes from one of these networks. */
export function comesFrom(
  networks: readonly CidrRange[],
  statPrefix: string,
): Matcher_MatcherList_Predicate {
  const ip = create(IpSchema, { cidrRanges: [...networks], statPrefix });
  const value = {
    input: sourceAddress,
    matcher: { case: "customMatch", value: matcherExtension("networks", IpSchema, ip) } as const,
  };
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "singlePredicate", value },
  });
}

const sourceAddress = matcherExtension(
  "source-address",
  SourceIPInputSchema,
  create(SourceIPInputSchema),
);

/** What is done when something matches. */
export function doing(value: TypedExtensionConfig): Matcher_OnMatch {
  return create(Matcher_OnMatchSchema, { onMatch: { case: "action", value } });
}
