/** A host → the scope under which its routes are found. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { unreachable } from "#base/unreachable.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import type { Host } from "#model/host.ts";
import { formatHost } from "#model/host.ts";
import { encodeResource } from "../encode.ts";
import { exactPrefix, ownExactPrefix, ownPortSpace } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";

type EnvoyScope = MessageInitShape<typeof ScopedRouteConfigurationSchema>;

/** The name under which a host's scope and its route configuration are served. */
export function hostResourceName(host: Host): string {
  return `host/${formatHost(host)}`;
}

/** That of the host for all that is left, which is always there. */
export const everyHostName = hostResourceName({ kind: "any" });

/**
 * What the scope header must say for this host to answer; `filters/scope-scripts.ts` writes all but the first. Hosts that
 * take requests at ports of their own have keys of their own: at the gate's ports they are as if they were not there.
 */
export function scopeKey(host: Host, at: "gate" | "own-port" = "gate"): string {
  const own = at === "gate" ? "" : ownPortSpace;
  switch (host.kind) {
    case "exact":
      return `${own === "" ? exactPrefix : ownExactPrefix}${host.name}`;
    case "wildcard":
      return `${own}${host.labels === "one" ? "+" : "*"}.${host.suffix}`;
    case "any":
      return `${own}*`;
    default:
      return unreachable(host);
  }
}

export function buildScope(
  host: Host,
  at: "gate" | "own-port" = "gate",
  name = hostResourceName(host),
): Resource {
  const scope = { ...scopeNamed(name, scopeKey(host, at)), routeConfigurationName: name };
  const named = { type: "scope", name, uses: [{ type: "routes", name }] } as const;
  return encodeResource(named, ScopedRouteConfigurationSchema, scope);
}

/** A scope with this key that does not yet say where its routes are. */
export function scopeNamed(name: string, key: string): Pick<EnvoyScope, "name" | "key"> {
  return { name, key: { fragments: [{ type: { case: "stringKey", value: key } }] } };
}
