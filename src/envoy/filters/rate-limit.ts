/**
 * The filter that turns requests away which come too often, as hosts and routes say.
 *
 * By itself it limits nothing. Each place that says limits counts for itself: what all routes of a host are to share is
 * said by the host (`routes/shared-limits.ts`).
 */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { unreachable } from "#base/unreachable.ts";
import { RuntimeFractionalPercentSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import type { RateLimit_ActionSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { RateLimitSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { LocalRateLimitDescriptor } from "#gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.ts";
import { LocalRateLimitDescriptorSchema } from "#gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.ts";
import { LocalRateLimitSchema } from "#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import type { StatusCode } from "#gen/envoy/type/v3/http_status_pb.ts";
import { HttpStatusSchema } from "#gen/envoy/type/v3/http_status_pb.ts";
import { TokenBucketSchema } from "#gen/envoy/type/v3/token_bucket_pb.ts";
import type { CountedBy, RateLimit, RateLimits } from "#model/rate-limit.ts";
import { durationOf, type Init, typedConfig } from "../encode.ts";
import { limitMatcherOf } from "../routes/route-match.ts";

/** How the filter is called in the chain. */
export const rateLimitName = "sekisho.rate-limit";

/** In the names of statistics. */
const statPrefix = "routes";

const always = create(RuntimeFractionalPercentSchema, { defaultValue: { numerator: 100 } });

/** Envoy wants one for what no limit counts; it is never empty. */
const tokenBucket = create(TokenBucketSchema, {
  maxTokens: 2 ** 32 - 1,
  tokensPerFill: 2 ** 32 - 1,
  fillInterval: durationOf(1000),
});

const nothing = create(LocalRateLimitSchema, { statPrefix, tokenBucket });

export function rateLimitFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: rateLimitName,
    configType: typedConfig(LocalRateLimitSchema, nothing),
  });
}

/** `typed_per_filter_config` of a route without limits on a host that has some. */
export function withoutRateLimits(): { [filter: string]: Any } {
  return { [rateLimitName]: anyPack(LocalRateLimitSchema, nothing) };
}

/** `typed_per_filter_config` of what may be asked only so often. */
export function withRateLimits({ limits, status }: RateLimits): { [filter: string]: Any } {
  const config = create(LocalRateLimitSchema, {
    statPrefix,
    status: create(HttpStatusSchema, { code: status as StatusCode }),
    tokenBucket,
    filterEnabled: always,
    filterEnforced: always,
    rateLimits: limits.map((limit, index) =>
      create(RateLimitSchema, { actions: actionsOf(limit, index) }),
    ),
    descriptors: limits.flatMap(descriptorsOf),
    alwaysConsumeDefaultTokenBucket: false,
    maxDynamicDescriptors: Math.max(...limits.map(({ mostKeys }) => mostKeys)),
  });
  return { [rateLimitName]: anyPack(LocalRateLimitSchema, config) };
}

const numberKey = "limit";
const onlyKey = "only";
const addressKey = "remote_address";

/** One entry of a descriptor: what fills it in, and under which name. */
interface Part {
  readonly key: string;
  readonly action: Init<typeof RateLimit_ActionSchema>;
  /** Whether a request may lack it: its descriptor is then without the entry. */
  readonly isOptional: boolean;
}

/** Parts that are the same in all requests tell none apart. */
function partsOf({ key }: RateLimit): readonly Part[] {
  const isAlone = key.length === 1;
  return key.flatMap((part, index) =>
    typeof part === "string" ? [] : [partOf(part, `part${index}`, isAlone)],
  );
}

/** Who lacks the only part is not counted, so its descriptor does not come about. */
function partOf(part: CountedBy, key: string, isAlone: boolean): Part {
  const descriptor = { descriptorKey: key, skipIfAbsent: !isAlone };
  switch (part.kind) {
    case "client-address": {
      const action = { actionSpecifier: { case: "remoteAddress", value: {} } } as const;
      return { key: addressKey, action, isOptional: false };
    }
    case "target":
      return { key, action: headerAction(":path", descriptor), isOptional: false };
    case "method":
      return { key, action: headerAction(":method", descriptor), isOptional: false };
    case "header": {
      const name = part.name === "host" ? ":authority" : part.name;
      return { key, action: headerAction(name, descriptor), isOptional: !isAlone };
    }
    case "argument": {
      const value = { queryParameterName: part.name, ...descriptor };
      const action = { actionSpecifier: { case: "queryParameters", value } } as const;
      return { key, action, isOptional: !isAlone };
    }
    default:
      return unreachable(part);
  }
}

function headerAction(
  headerName: string,
  descriptor: { readonly descriptorKey: string; readonly skipIfAbsent: boolean },
): Part["action"] {
  return { actionSpecifier: { case: "requestHeaders", value: { headerName, ...descriptor } } };
}

/** The first action tells limits apart that count by the same. */
function actionsOf(limit: RateLimit, index: number): Part["action"][] {
  const value = { descriptorKey: numberKey, descriptorValue: String(index) };
  const number = { actionSpecifier: { case: "genericKey", value } } as const;
  const { only = [] } = limit;
  const condition = {
    ...{ descriptorKey: onlyKey, descriptorValue: "true", expectMatch: true },
    headers: only.map(limitMatcherOf),
  };
  return [
    number,
    // A request for which it does not hold has no descriptor, and is not counted.
    ...(only.length === 0
      ? []
      : [{ actionSpecifier: { case: "headerValueMatch", value: condition } } as const]),
    ...partsOf(limit).map(({ action }) => action),
  ];
}

/** One for all that a request may lack: which it is decides about the entries that its descriptor has. */
function descriptorsOf(limit: RateLimit, index: number): readonly LocalRateLimitDescriptor[] {
  const { requests, perMs, burst, dryRun } = limit;
  const hasText = limit.key.some((part) => typeof part === "string");
  return choicesOf(partsOf(limit))
    .filter((parts) => parts.length > 0 || hasText)
    .map((parts) =>
      create(LocalRateLimitDescriptorSchema, {
        // A key without a value stands for every value: each gets a bucket of its own.
        entries: [
          { key: numberKey, value: String(index) },
          ...(limit.only === undefined ? [] : [{ key: onlyKey, value: "true" }]),
          ...parts.map(({ key }) => ({ key })),
        ],
        // Envoy fills a bucket continuously at that rate, so that without burst requests are evenly spaced.
        tokenBucket: {
          maxTokens: burst + 1,
          tokensPerFill: requests,
          fillInterval: durationOf(perMs),
        },
        shadowMode: dryRun === true,
      }),
    );
}

/** The parts with and without each of those that may be missing. */
function choicesOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  return parts.reduce<readonly (readonly Part[])[]>(
    (choices, part) =>
      choices.flatMap((chosen) =>
        part.isOptional ? [[...chosen, part], chosen] : [[...chosen, part]],
      ),
    [[]],
  );
}
