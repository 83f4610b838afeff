/**
 * Answers packed by gzip are unpacked for clients that do not take them so, where a route says it.
 *
 * It is in no chain but of hosts that are found at the first lookup: on wildcard hosts answers stay as they are.
 */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import { FilterConfigSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { ExtensionWithMatcherSchema } from "#gen/envoy/extensions/common/matching/v3/extension_matcher_pb.ts";
import { GzipSchema } from "#gen/envoy/extensions/compression/gzip/decompressor/v3/gzip_pb.ts";
import { SkipFilterSchema } from "#gen/envoy/extensions/filters/common/matcher/action/v3/skip_action_pb.ts";
import { DecompressorSchema } from "#gen/envoy/extensions/filters/http/decompressor/v3/decompressor_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpRequestHeaderMatchInputSchema } from "#gen/envoy/type/matcher/v3/http_inputs_pb.ts";
import { MatcherSchema } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { typedConfig, typedExtension } from "../encode.ts";
import { matcherExtension, textMatches } from "../xds-matcher.ts";

/** How the filter is called in the chain. */
const unpackingName = "sekisho.unpacking";

/** Off but for routes that have it on. */
export function unpackingFilter(): HttpFilter {
  const decompressor = create(DecompressorSchema, {
    decompressorLibrary: typedExtension("gzip", GzipSchema, create(GzipSchema)),
    requestDirectionConfig: {
      advertiseAcceptEncoding: false,
      commonConfig: { enabled: { defaultValue: false, runtimeKey: "sekisho.unpacking.requests" } },
    },
  });
  const accepted = matcherExtension(
    "accept-encoding",
    HttpRequestHeaderMatchInputSchema,
    create(HttpRequestHeaderMatchInputSchema, { headerName: "accept-encoding" }),
  );
  const skip = matcherExtension("skip", SkipFilterSchema, create(SkipFilterSchema));
  const xdsMatcher = create(MatcherSchema, {
    matcherType: {
      case: "matcherList",
      value: {
        matchers: [
          {
            predicate: textMatches(accepted, "(?i).*gzip.*"),
            onMatch: { onMatch: { case: "action", value: skip } },
          },
        ],
      },
    },
  });
  return create(HttpFilterSchema, {
    name: unpackingName,
    disabled: true,
    configType: typedConfig(
      ExtensionWithMatcherSchema,
      create(ExtensionWithMatcherSchema, {
        extensionConfig: typedExtension(unpackingName, DecompressorSchema, decompressor),
        xdsMatcher,
      }),
    ),
  });
}

/** `typed_per_filter_config` of a route that has it on: a configuration that is there and empty says no more. */
export function withUnpacking(): { [filter: string]: Any } {
  const on = create(FilterConfigSchema, { config: create(AnySchema) });
  return { [unpackingName]: anyPack(FilterConfigSchema, on) };
}
