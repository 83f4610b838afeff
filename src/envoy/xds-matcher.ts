/** Parts of the xDS matcher API, which has its own twins of Envoy's extension and string matcher messages. */

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { TypedExtensionConfig } from "#gen/xds/core/v3/extension_pb.ts";
import { TypedExtensionConfigSchema } from "#gen/xds/core/v3/extension_pb.ts";
import type { Matcher_MatcherList_Predicate } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { Matcher_MatcherList_PredicateSchema } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
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
