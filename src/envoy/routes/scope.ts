/** A host → the scope under which its routes are found. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { unreachable } from "#base/unreachable.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import type { Host } from "#model/host.ts";
import { formatHost } from "#model/host.ts";
import { encodeResource } from "../encode.ts";
import type { Resource } from "../resource.ts";

type EnvoyScope = MessageInitShape<typeof ScopedRouteConfigurationSchema>;

/** The name under which a host's scope and its route configuration are served. */
export function hostResourceName(host: Host): string {
  return `host/${formatHost(host)}`;
}

/** That of the host for all that is left, which is always there. */
export const everyHostName = hostResourceName({ kind: "any" });

/** What the scope header must say for this host to answer; `filters/scope-scripts.ts` writes the last three. */
export function scopeKey(host: Host): string {
  switch (host.kind) {
    case "exact":
      return `h/${host.name}`;
    case "wildcard":
      return `${host.labels === "one" ? "+" : "*"}.${host.suffix}`;
    case "any":
      return "*";
    default:
      return unreachable(host);
  }
}

export function buildScope(host: Host): Resource {
  const name = hostResourceName(host);
  const scope = { ...scopeNamed(name, scopeKey(host)), routeConfigurationName: name };
  const named = { type: "scope", name, uses: [{ type: "routes", name }] } as const;
  return encodeResource(named, ScopedRouteConfigurationSchema, scope);
}

/** A scope with this key that does not yet say where its routes are. */
export function scopeNamed(name: string, key: string): Pick<EnvoyScope, "name" | "key"> {
  return { name, key: { fragments: [{ type: { case: "stringKey", value: key } }] } };
}
