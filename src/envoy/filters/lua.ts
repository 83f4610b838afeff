/** A script → the Lua filter's configuration, as all of ours have it. */

import { create } from "@bufbuild/protobuf";
import type { Lua } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";
import { LuaSchema } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";

/** One virtual machine a worker for all filter chains: else each certificate would cost two. */
export function luaOf(name: string, script: string): Lua {
  return create(LuaSchema, {
    defaultSourceCode: { specifier: { case: "inlineString", value: script } },
    // The scripts clear the cache themselves, before they look the route up; a second time would undo that.
    clearRouteCache: false,
    sharedVmId: name,
  });
}
