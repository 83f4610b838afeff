/** What nginx makes of the target of a request line before it looks for a location. */

/** Texts hold a character for each byte. */
export interface Target {
  /** `$request_uri`: path, query and fragment as the client wrote them. */
  readonly onTheWire: string;
  /** `$uri`: decoded, slashes merged, dot segments resolved. */
  readonly path: string;
  /** `$args`: what stands between `?` and `#`. */
  readonly args: string;
  /** What goes behind a path that is no longer the client's. */
  readonly query: string;
  /** Whether there was something to decode in the path. */
  readonly encoded: boolean;
}

const url = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[\w.:-]+(?=\/)/;

/** False: 400. Known are `/path` and `http://host/path`; since 1.21.1 spaces and control characters never pass. */
export function isReadable(text: string): boolean {
  return text.replace(url, "").startsWith("/") && !/[\0-\x20\x7f]/.test(withoutLastSpaces(text));
}

/** There may be more than one space before the version of a request line. */
export function withoutLastSpaces(text: string): string {
  return text.replace(/ +$/, "");
}

/** Of a readable one; undefined: 400. */
export function parseTarget(text: string): Target | undefined {
  const onTheWire = withoutLastSpaces(text).replace(url, "");
  const [, written = "", args = ""] = /^([^?#]*)(?:\?([^#]*))?/.exec(onTheWire) ?? [];
  const path = normalize(written);
  if (path === undefined) return undefined;
  return {
    onTheWire,
    path,
    args,
    query: args === "" ? "" : `?${args}`,
    encoded: written.includes("%"),
  };
}

/** ngx_http_core_module, "location": matching is against the normalised URI, after decoding, dots and merged slashes. */
function normalize(written: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})|%00/.test(written)) return undefined;
  const decoded = written.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  // What was decoded counts as if it had been written: %2F is a slash, and %2e%2e goes up.
  const segments = decoded
    .replaceAll(/\/{2,}/g, "/")
    .split("/")
    .slice(1);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment === ".." && kept.pop() === undefined) return undefined;
    const isDots = segment === "." || segment === "..";
    if (!isDots) kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}`;
}

/** A path for the way to an upstream, where it is no longer what the client wrote (since 1.21.1 also `"<>\^`{|}`). */
export function escapePath(path: string): string {
  return path.replaceAll(
    /[\0-\x20"#%<>?\\^`{|}\x7f-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
