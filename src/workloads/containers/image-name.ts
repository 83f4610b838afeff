/** Image references and the patterns of `images:` that name them. */

export interface ImageName {
  /** `docker.io` when the reference names none. */
  readonly host: string;
  readonly path: string;
  readonly tag: string | undefined;
}

/** Takes an image reference apart (`[host/]path[:tag][@digest]`); the digest is dropped. */
export function parseImageName(reference: string): ImageName {
  const [named = ""] = reference.split("@");
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const hasHost = first.includes(".") || first.includes(":") || first === "localhost";
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(":");
  const tagged = colon > rest.lastIndexOf("/");
  const path = tagged ? rest.slice(0, colon) : rest;
  return {
    host: hasHost && first !== "index.docker.io" ? first : "docker.io",
    path: path.startsWith("library/") ? path.slice("library/".length) : path,
    tag: tagged ? rest.slice(colon + 1) : undefined,
  };
}

/**
 * True when the pattern names the image. A pattern without a tag names all tags; one without a registry host names the
 * image in every registry and below every mirror path (`registry.local/mirror/kennethreitz/httpbin`); `*` stands for any text.
 */
export function matchesImage(pattern: string, reference: string): boolean {
  const image = parseImageName(reference);
  const wanted = parseImageName(pattern);
  const hostGiven = /^([^/]*[.:][^/]*|localhost)\//.test(pattern);
  if (hostGiven && !glob(wanted.host).test(image.host)) return false;
  if (wanted.tag !== undefined && !glob(wanted.tag).test(image.tag ?? "latest")) return false;
  if (glob(wanted.path).test(image.path)) return true;
  return !hostGiven && glob(`*/${wanted.path}`).test(image.path);
}

/** The entry whose pattern names the image; the one with the most fixed characters wins, then the first in the list. */
export function findImage<T extends { readonly pattern: string }>(
  entries: readonly T[],
  reference: string,
): T | undefined {
  let best: T | undefined;
  for (const entry of entries) {
    if (!matchesImage(entry.pattern, reference)) continue;
    if (best === undefined || fixedLength(entry.pattern) > fixedLength(best.pattern)) best = entry;
  }
  return best;
}

function fixedLength(pattern: string): number {
  return pattern.replaceAll("*", "").length;
}

function glob(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
