/** Which host takes a name, found the slow and plain way: every host is asked, and the most specific that says yes wins. */

import { compareInTurn, compareText } from "#base/compare.ts";
import { unreachable } from "#base/unreachable.ts";
import { formatHost, type Host } from "#model/host.ts";

/** True when a request for `name` (lower case, without port or trailing dot) is for this host. */
export function hostMatches(host: Host, name: string): boolean {
  switch (host.kind) {
    case "exact":
      return host.name === name;
    case "wildcard": {
      if (!name.endsWith(`.${host.suffix}`)) return false;
      const front = name.slice(0, -host.suffix.length - 1);
      return front !== "" && (host.labels === "many" || !front.includes("."));
    }
    case "any":
      return true;
    default:
      return unreachable(host);
  }
}

/** Most specific first: exact, then longer suffixes, one label before many, every host last. */
export const compareHosts = compareInTurn<Host>(
  (a, b) => specificity(b) - specificity(a),
  (a, b) =>
    a.kind === "wildcard" && b.kind === "wildcard" && a.labels !== b.labels
      ? a.labels === "one"
        ? -1
        : 1
      : 0,
  (a, b) => compareText(formatHost(a), formatHost(b)),
);

function specificity(host: Host): number {
  if (host.kind === "exact") return Number.MAX_SAFE_INTEGER;
  return host.kind === "wildcard" ? host.suffix.length : -1;
}
