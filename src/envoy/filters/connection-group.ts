/** The filter that finds the certificate group of a connection, where one filter chain serves all certificates. */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import { FilterConfigSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { LuaSchema } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { typedConfig } from "../encode.ts";
import { leftOut } from "./left-out.ts";
import { luaOf } from "./lua.ts";
import { normaliseName, wildcardName } from "./scope-fallback.ts";
import { connectionGroupScript } from "./scope-scripts.ts";

const connectionGroupName = "sekisho.connection.group";

export function connectionGroupFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: connectionGroupName,
    configType: typedConfig(LuaSchema, luaOf(connectionGroupName, connectionGroupScript)),
  });
}

// An empty configuration that is there means that the filter is on.
const on = anyPack(FilterConfigSchema, create(FilterConfigSchema, { config: create(AnySchema) }));

/**
 * `typed_per_filter_config` that leaves the filters which look things up out of the chain where the first lookup found a
 * host on a connection of its own: 10 µs a request and filter. A missed lookup has no route and so no such word, and the
 * filters run. Leaving it out is slow, not wrong.
 */
export function withoutLookups(): { [filter: string]: Any } {
  return leftOut(normaliseName, connectionGroupName, wildcardName);
}

/**
 * The same of the route that turns foreign connections away, which has them on: the first lookup met it, and the name
 * may yet turn out to be of the host's group. If they did not run, the answer would be 421, never another host's.
 */
export function withConnectionGroup(): { [filter: string]: Any } {
  return { [connectionGroupName]: on, [wildcardName]: on };
}
