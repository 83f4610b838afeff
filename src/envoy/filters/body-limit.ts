/**
 * Requests whose body is too long get 413; how long it may be is the route's to say.
 *
 * Only a filter that holds the body back can still refuse when its length was not declared. It would hold back WebSocket
 * connections for ever, so those have a chain without it.
 */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  BufferPerRouteSchema,
  BufferSchema,
} from "#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { typedConfig } from "../encode.ts";

/** How the filter is called in the chain. */
export const bodyLimitName = "sekisho.body-limit";

/** Longer bodies are not held in memory: of those only the declared length is looked at. */
export const mostHeldBytes = 32 * 1024 * 1024;

export function bodyLimitFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: bodyLimitName,
    configType: typedConfig(BufferSchema, create(BufferSchema, { maxRequestBytes: mostHeldBytes })),
  });
}

/** `typed_per_filter_config` of routes that take bodies of any length, and do not wait for their end. */
export function withoutBodyLimit(): { [filter: string]: Any } {
  const off = create(BufferPerRouteSchema, { override: { case: "disabled", value: true } });
  return { [bodyLimitName]: anyPack(BufferPerRouteSchema, off) };
}

/** `typed_per_filter_config` of a route that takes no longer bodies. */
export function withBodyLimit(maxRequestBytes: number): { [filter: string]: Any } {
  const limit = create(BufferPerRouteSchema, {
    override: { case: "buffer", value: { maxRequestBytes } },
  });
  return { [bodyLimitName]: anyPack(BufferPerRouteSchema, limit) };
}
