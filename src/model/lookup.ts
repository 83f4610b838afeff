/** Which route answers a request: the model's own reading of what Envoy is told, for `explain`. */

import { unreachable } from "#base/unreachable.ts";
import type { PathMatch, Route } from "./route.ts";

/** True when a normalised path without query is taken by the match. */
export function pathMatches(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case "exact":
      return path === match.path;
    case "segments":
      return path === match.path || path.startsWith(`${match.path}/`);
    case "prefix":
      return path.startsWith(match.path);
    default:
      return unreachable(match);
  }
}

/** The routes that take a path, in the order in which they are tried: the first answers, the second would be next. */
export function routesFor(routes: readonly Route[], path: string): readonly Route[] {
  return routes.filter((route) => pathMatches(route.match, path));
}

/**
 * A path as the proxy sees it before it looks for a route: query cut off, dot segments resolved (RFC 3986 §5.2.4),
 * slashes merged, unreserved characters decoded (RFC 3986 §6.2.2.2).
 */
export function normalisePath(target: string): string {
  const path = (target.split(/[?#]/, 1)[0] ?? "").replaceAll("\\", "/");
  const decoded = path.replace(/%[0-9A-Fa-f]{2}/g, decodeUnreserved);
  const kept: string[] = [];
  const segments = decoded.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== "." && (segment !== "" || isLast)) kept.push(segment);
    if (isLast && (segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}`;
}

function decodeUnreserved(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
}

/** A Host header's name as routes are looked up by it: lower case, without port and without trailing dot. */
export function normaliseHost(authority: string): string {
  const withoutPort = authority.replace(/:\d*$/, "");
  return withoutPort.toLowerCase().replace(/\.$/, "");
}
