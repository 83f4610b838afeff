/** A host → the server name by which filter chains are matched. */

import { unreachable } from "#base/unreachable.ts";
import type { Host } from "#model/host.ts";

/** Envoy's wildcard takes any number of labels; a handshake too deep for ours gets its certificate, and then 421 or 404. */
export function serverNameOf(host: Host): string {
  switch (host.kind) {
    case "exact":
      return host.name;
    case "wildcard":
      return `*.${host.suffix}`;
    case "any":
      return "";
    default:
      return unreachable(host);
  }
}
