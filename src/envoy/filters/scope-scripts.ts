/** The two Lua scripts that find the scope of a request whose host is not written exactly as a scope is named. */

import { scopeHeader } from "../internal-headers.ts";

/** The scope of the wildcard index. */
export const indexScope = "#";

/**
 * What both scripts begin with: the host as scopes are named, without port, trailing dot and upper case.
 * `[::1]:80` keeps its brackets; nobody can own an IPv6 literal, so it only has to find nothing.
 */
const plainHost = `
local scope = "${scopeHeader}"

local function plain_host(headers)
  local host = string.lower(headers:get(":authority") or "")
  host = string.gsub(host, ":%d*$", "")
  host = string.gsub(host, "%.$", "")
  return host
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
  headers:replace(scope, "h/" .. plain_host(headers))
  handle:clearRouteCache()
  -- Looks the route up, so that the next filter can see by its name whether there is one.
  handle:metadata()
end
`;

/**
 * Finds the wildcard that takes the host, by the index that is the metadata of the route of scope `#`.
 *
 * `+.suffix` takes one label in front of the suffix, `*.suffix` one or more, `*` everything that is left. The longest
 * suffix wins, one label before many. A text over 253 bytes is no DNS name (RFC 1035 §2.3.4) and goes to `*`: that also
 * bounds the walk to 127 steps.
 */
export const wildcardScript = `${plainHost}
local function find(index, host)
  if #host > 253 then return "*" end
  local suffix = string.match(host, "^[^.]+%.(.+)$")
  if suffix ~= nil and index:get("+." .. suffix) ~= nil then return "+." .. suffix end
  while suffix ~= nil do
    if index:get("*." .. suffix) ~= nil then return "*." .. suffix end
    suffix = string.match(suffix, "^[^.]*%.(.+)$")
  end
  return "*"
end

function envoy_on_request(handle)
  -- Every route of ours has a name: a name here means that a scope was found already.
  if handle:streamInfo():routeName() ~= "" then return end
  local headers = handle:headers()
  headers:replace(scope, "${indexScope}")
  handle:clearRouteCache()
  headers:replace(scope, find(handle:metadata(), plain_host(headers)))
  handle:clearRouteCache()
end
`;
