/** The filters that give a request the scope of its host when its own spelling named none. */

import { create } from "@bufbuild/protobuf";
import { ExtensionWithMatcherSchema } from "#gen/envoy/extensions/common/matching/v3/extension_matcher_pb.ts";
import { SkipFilterSchema } from "#gen/envoy/extensions/filters/common/matcher/action/v3/skip_action_pb.ts";
import { LuaSchema } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpRequestHeaderMatchInputSchema } from "#gen/envoy/type/matcher/v3/http_inputs_pb.ts";
import type { Matcher } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { MatcherSchema } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { typedConfig, typedExtension } from "../encode.ts";
import { matcherExtension, noneOf, textMatches } from "../xds-matcher.ts";
import { luaOf } from "./lua.ts";
import { normaliseScript, wildcardScript } from "./scope-scripts.ts";

export const normaliseName = "sekisho.scope.normalise";
export const wildcardName = "sekisho.scope.wildcard";

/** An authority in another spelling than scopes have: with an upper-case letter, or a dot at the end. */
const oddSpelling = ".*[A-Z].*|.*\\.(:[0-9]*)?";

/** Looks an oddly spelt host up again; other hosts skip it, which saves running Lua for each wildcard request. */
export function normaliseFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: normaliseName,
    configType: typedConfig(
      ExtensionWithMatcherSchema,
      create(ExtensionWithMatcherSchema, {
        extensionConfig: typedExtension(
          normaliseName,
          LuaSchema,
          luaOf(normaliseName, normaliseScript),
        ),
        xdsMatcher: skipUnlessOdd(),
      }),
    ),
  });
}

/** Finds the wildcard or default host for what has no scope of its own. */
export function wildcardFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: wildcardName,
    configType: typedConfig(LuaSchema, luaOf(wildcardName, wildcardScript)),
  });
}

function skipUnlessOdd(): Matcher {
  const authority = matcherExtension(
    "authority",
    HttpRequestHeaderMatchInputSchema,
    create(HttpRequestHeaderMatchInputSchema, { headerName: ":authority" }),
  );
  const skip = matcherExtension("skip", SkipFilterSchema, create(SkipFilterSchema));
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherList",
      value: {
        matchers: [
          {
            predicate: noneOf(textMatches(authority, oddSpelling)),
            onMatch: { onMatch: { case: "action", value: skip } },
          },
        ],
      },
    },
  });
}
