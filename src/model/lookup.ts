/** Which route answers a request: the model's own reading of what Envoy is told, for `explain`. */

import { parseRe2 } from "#base/re2.ts";
import { unreachable } from "#base/unreachable.ts";
import { isFulfilled, type RequestFacts } from "./condition.ts";
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
    case "regex": {
      const parsed = parseRe2(match.pattern);
      return parsed.ok && path.startsWith(match.within ?? "") && parsed.value(path);
    }
    default:
      return unreachable(match);
  }
}

/**
 * The routes that may take a request, in the order in which they are tried: the first answers, the second would be next.
 * One that takes a share of requests only may do so or not.
 */
export function routesFor(routes: readonly Route[], request: RequestFacts): readonly Route[] {
  const path = request.target.split("?", 1)[0] ?? "";
  return routes.filter(
    ({ match, conditions = [] }) =>
      pathMatches(match, path) && conditions.every((condition) => isFulfilled(condition, request)),
  );
}

/**
 * A path as the proxy sees it before it looks for a route: query cut off, dot segments resolved (RFC 3986 §5.2.4),
 * slashes merged, unreserved characters decoded (RFC 3986 §6.2.2.2).
 */
export function normalisePath(target: string): string {
  const path = (target.split(/[?#]/, 1)[0] ?? "").replaceAll("\\", "/");
  const resolved = removeDotSegments(path.replace(/%[0-9A-Fa-f]{2}/g, decodeUnreserved));
  const merged = resolved.replace(/\/{2,}/g, "/");
  // Envoy 1.40 leaves two slashes of a path that is slashes alone.
  return merged === "/" && resolved.length > 1 ? "//" : merged;
}

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}`;
}

function decodeUnreserved(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape;
}

/** A Host header's name as routes are looked up by it: lower case, without port and without trailing dot. */
export function normaliseHost(authority: string): string {
  const withoutPort = authority.replace(/:\d*$/, "");
  return withoutPort.toLowerCase().replace(/\.$/, "");
}
