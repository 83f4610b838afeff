/**
 * What routes do to headers that Envoy's own lists of changes cannot say: a script does it, as the route's context says.
 *
 * It stands last before the router: no other filter misses what it takes from requests. Texts that a request fills in come to
 * it as headers of answers that the route adds, under names of ours, and that the script takes off again.
 */

import { create, type JsonObject } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { clientAddressHeader } from "#authorization/policy.ts";
import { LuaPerRouteSchema, LuaSchema } from "#gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import type { Forward } from "#model/action.ts";
import { successStatuses } from "#model/header-change.ts";
import type { Text } from "#model/text.ts";
import { typedConfig } from "../encode.ts";
import {
  connectionHeader,
  locationFromHeader,
  locationToHeader,
  onSuccessPrefix,
  ownPortHeader,
  scopeHeader,
} from "../internal-headers.ts";

/** How the filter is called in the chain. */
export const headerScriptName = "sekisho.headers";

const scriptName = "headers";

/** What a request needs to be sent at all, and what the gate says in it. */
const alwaysKept = [
  ...["content-length", "te", "connection", "upgrade", "x-forwarded-for", "x-forwarded-proto"],
  ...[scopeHeader, connectionHeader, ownPortHeader, clientAddressHeader],
];

const statuses = successStatuses.map((status) => `["${status}"] = true`).join(", ");

const script = `
local successes = { ${statuses} }

function envoy_on_request(handle)
  local kept = handle:filterContext():get("kept")
  if kept == nil then return end
  local headers = handle:headers()
  local gone = {}
  for name, _ in pairs(headers) do
    if string.sub(name, 1, 1) ~= ":" and kept[name] == nil then gone[#gone + 1] = name end
  end
  for _, name in ipairs(gone) do headers:remove(name) end
end

local function add_on_success(headers, names)
  local is_success = successes[headers:get(":status")]
  for _, name in ipairs(names) do
    local given = "${onSuccessPrefix}" .. name
    for index = 0, headers:getNumValues(given) - 1 do
      if is_success then headers:add(name, headers:getAtIndex(given, index)) end
    end
    headers:remove(given)
  end
end

local function lead_elsewhere(headers, from, to)
  local location = headers:get("location")
  if location ~= nil and string.sub(location, 1, #from) == from then
    headers:replace("location", to .. string.sub(location, #from + 1))
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local names = handle:filterContext():get("onSuccess")
  if names ~= nil then add_on_success(headers, names) end
  local from = headers:get("${locationFromHeader}")
  if from == nil then return end
  lead_elsewhere(headers, from, headers:get("${locationToHeader}") or "")
  headers:remove("${locationFromHeader}")
  headers:remove("${locationToHeader}")
end
`;

/** Without a route that has something for it to do it does nothing. */
export function headerScriptFilter(): HttpFilter {
  const config = create(LuaSchema, {
    sourceCodes: { [scriptName]: { specifier: { case: "inlineString", value: script } } },
    clearRouteCache: false,
    sharedVmId: headerScriptName,
  });
  return create(HttpFilterSchema, {
    name: headerScriptName,
    configType: typedConfig(LuaSchema, config),
  });
}

/** Whether a route has something for the script to do. */
export function hasHeaderScript(action: Forward): boolean {
  return (
    action.clientHeaders !== undefined ||
    action.locations !== undefined ||
    onSuccessOf(action).length > 0
  );
}

/** `typed_per_filter_config` of a route that has something for the script to do. */
export function withHeaderScript(action: Forward): { [filter: string]: Any } {
  const names = onSuccessOf(action);
  const filterContext: JsonObject = {
    ...(action.clientHeaders === undefined ? {} : { kept: keptOf(action) }),
    ...(names.length === 0 ? {} : { onSuccess: [...names] }),
  };
  const config = create(LuaPerRouteSchema, {
    override: { case: "name", value: scriptName },
    filterContext,
  });
  return { [headerScriptName]: anyPack(LuaPerRouteSchema, config) };
}

function onSuccessOf({ responseHeaders = [] }: Forward): readonly string[] {
  const names = responseHeaders.flatMap((change) =>
    change.kind === "add" && change.on === "success" ? [change.name] : [],
  );
  return [...new Set(names)];
}

/** What a header is made of stays until then. */
function keptOf({ requestHeaders = [], host = "" }: Forward): JsonObject {
  const texts = [
    host,
    ...requestHeaders.flatMap((change) => (change.kind === "remove" ? [] : [change.value])),
  ];
  const names = [...alwaysKept, ...texts.flatMap(sourcesOf)];
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, true]));
}

function sourcesOf(text: Text): readonly string[] {
  const parts = typeof text === "string" ? [] : text;
  return parts.flatMap((part) =>
    typeof part !== "string" && part.kind === "header" ? [part.name] : [],
  );
}
