/**
 * The Lua scripts that find the scope of a request whose host is not written exactly as a scope is named, and the
 * certificate group of a connection whose server name is not the host asked for.
 */

import {
  connectionHeader,
  exactPrefix,
  foreignConnection,
  ownExactPrefix,
  ownNameConnection,
  ownPortHeader,
  ownPortSpace,
  scopeHeader,
  serverNamePrefix,
} from "../internal-headers.ts";

/** The scope of the wildcard index. */
export const indexScope = "#";

/** Where a script looks for the metadata of a route. */
export const luaNamespace = "envoy.filters.http.lua";

/** Under which a host's guard says there how the connections of its group are named. */
export const connectionKey = "connection";

/**
 * What all scripts begin with: the host as scopes are named, without port, trailing dot and upper case.
 * `[::1]:80` keeps its brackets; nobody can own an IPv6 literal, so it only has to find nothing.
 */
const plainHost = `
local scope = "${scopeHeader}"

local function key_of(headers)
  return string.match(headers:get(scope) or "", "^[^:]*")
end

-- Moves the request to the scope of this key; what is said of its connection stays.
local function move(headers, key)
  local connection = string.match(headers:get(scope) or "", "^.*:([^:]*)$") or ""
  headers:replace(scope, key .. ":" .. connection)
end

local function plain_host(headers)
  local host = string.lower(headers:get(":authority") or "")
  host = string.gsub(host, ":%d*$", "")
  host = string.gsub(host, "%.$", "")
  return host
end

-- Before the keys of wildcards, and of exact hosts, for the port at which a request came.
local function space(headers)
  return headers:get("${ownPortHeader}") ~= nil and "${ownPortSpace}" or ""
end

local function exact(headers, host)
  return (space(headers) == "" and "${exactPrefix}" or "${ownExactPrefix}") .. host
end

local connection = "${connectionHeader}"

-- The server name of a connection whose group is not known yet; nil of every other.
local function unknown_name(headers)
  local name = string.match(headers:get(connection) or "", "^${serverNamePrefix}(.*)$")
  if name ~= nil then name = string.gsub(name, "%.$", "") end
  return name
end
`;

/**
 * Tries the exact host again under its plain spelling. It runs only for odd spellings whose first lookup missed.
 *
 * Within one Lua filter only the first `metadata()` looks the route up again, so the wildcards are another filter's
 * work: asking twice here would silently end at the first answer.
 */
export const normaliseScript = `${plainHost}
function envoy_on_request(handle)
  local headers = handle:headers()
  move(headers, exact(headers, plain_host(headers)))
  handle:clearRouteCache()
  -- Looks the route up, so that the next filter can see by its name whether there is one.
  handle:metadata()
end
`;

/**
 * Names a connection by its certificate group: that of the host which its server name would reach.
 *
 * It asks the exact host of that name, whose guard answers a foreign connection and says in its metadata how its own
 * ones are named. A name that is no exact host is left to the wildcard script. That script could not know from
 * Envoy whether the request's own host was found, because this one moved the route: the index as scope says it was not.
 */
export const connectionGroupScript = `${plainHost}
function envoy_on_request(handle)
  local headers = handle:headers()
  local name = unknown_name(headers)
  if name == nil then return end
  local host = plain_host(headers)
  if name == host then
    headers:replace(connection, "${ownNameConnection}")
    return
  end
  local found = handle:streamInfo():routeName() ~= ""
  headers:replace(connection, "${foreignConnection}")
  move(headers, exact(headers, name))
  handle:clearRouteCache()
  local group = handle:metadata():get("${connectionKey}")
  headers:replace(connection, group or "${serverNamePrefix}" .. name)
  move(headers, found and exact(headers, host) or "${indexScope}")
  handle:clearRouteCache()
end
`;

/**
 * Finds the wildcard that takes the host, by the index that is the metadata of the route of scope `#`; and the group of
 * a connection for whose server name there is no exact host, which the index says beside each wildcard.
 *
 * `+.suffix` takes one label in front of the suffix, `*.suffix` one or more, `*` everything that is left. The longest
 * suffix wins, one label before many. A text over 253 bytes is no DNS name (RFC 1035 §2.3.4) and goes to `*`: that also
 * bounds the walk to 127 steps.
 */
export const wildcardScript = `${plainHost}
local function find(index, own, host)
  if #host > 253 then return own .. "*" end
  local suffix = string.match(host, "^[^.]+%.(.+)$")
  local one = suffix ~= nil and own .. "+." .. suffix
  if one and index:get(one) ~= nil then return one end
  while suffix ~= nil do
    local many = own .. "*." .. suffix
    if index:get(many) ~= nil then return many end
    suffix = string.match(suffix, "^[^.]*%.(.+)$")
  end
  return own .. "*"
end

-- Every route of ours has a name, so a name means that a scope was found already: the host's, unless the connection
-- filter asked another host in between and found none.
local function is_lost(handle, headers, name)
  if key_of(headers) == "${indexScope}" then return true end
  return name == nil and handle:streamInfo():routeName() == ""
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local name = unknown_name(headers)
  local lost = is_lost(handle, headers, name)
  if name == nil and not lost then return end
  local host = plain_host(headers)
  move(headers, "${indexScope}")
  handle:clearRouteCache()
  local index = handle:metadata()
  local own = space(headers)
  if name ~= nil then
    headers:replace(connection, index:get(find(index, own, name)) or "${foreignConnection}")
  end
  move(headers, lost and find(index, own, host) or exact(headers, host))
  handle:clearRouteCache()
end
`;
