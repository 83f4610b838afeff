/** The path that rules are compared with: what Envoy makes of a request's path before it looks at any route. */

/** RFC 3986 §2.3: decoding these never changes what a path means. */
const unreserved = /^[A-Za-z0-9\-._~]$/;

/**
 * The path without query, normalised in Envoy's order: what `;` begins behind dots that nobody encoded dropped, unreserved
 * characters decoded, dot segments removed (RFC 3986 §5.2.4; an empty segment counts as one there), then slashes merged.
 * Left out, because nobody's rules depend on them: `%` without two digits, `\\`, and bytes that Envoy escapes.
 * A path of slashes only ends as `//`: so does Envoy 1.40's (measured), and thus Exact `/` does not take `//`.
 */
export function normalizePath(path: string): string {
  const decoded = pathOf(path)
    .replaceAll(/\/(\.{1,2});[^/]*/g, "/$1")
    .replaceAll(/%[0-9A-Fa-f]{2}/g, (triplet) => {
      const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
      return unreserved.test(character) ? character : triplet;
    });
  const merged = removeDotSegments(decoded).replaceAll(/\/{2,}/g, "/");
  return merged === "/" && /^\/{2,}$/.test(removeDotSegments(decoded)) ? "//" : merged;
}

function pathOf(path: string): string {
  const query = path.indexOf("?");
  return query < 0 ? path : path.slice(0, query);
}

function removeDotSegments(path: string): string {
  const out: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "..") out.pop();
    if (segment !== "." && segment !== "..") out.push(segment);
    else if (last) out.push("");
  }
  return `/${out.join("/")}`;
}
