/** Paths of rules: what each pathType means here. */

import { err, ok, type Result } from "#base/result.ts";
import { type IngressPath, ingressKind } from "#kinds/ingress.ts";
import type { PathMatch } from "#model/route.ts";
import { honoured } from "../../common/support.ts";

export const pathSupport = honoured(
  ingressKind.id,
  "spec.rules[].http.paths[].path",
  "spec.rules[].http.paths[].pathType",
);

/**
 * The match of one path (Kubernetes documentation, "Ingress path types"). Prefix goes by whole segments and a
 * trailing slash means nothing; ImplementationSpecific is left to us and is taken as Prefix.
 */
export function parsePath(entry: IngressPath): Result<PathMatch, string> {
  const path = entry.path ?? "";
  if (entry.pathType !== "ImplementationSpecific" && isAmbiguous(path)) {
    return err(
      `path ${JSON.stringify(path)} holds "//", "/./", "/../" or "%2F", which the Kubernetes API refuses`,
    );
  }
  if (entry.pathType === "Exact") {
    return path.startsWith("/") ? checked(path, { kind: "exact", path }) : err(notAbsolute(path));
  }
  if (path !== "" && !path.startsWith("/")) return err(notAbsolute(path));
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === ""
    ? ok({ kind: "prefix", path: "/" })
    : checked(path, { kind: "segments", path: trimmed });
}

function notAbsolute(path: string): string {
  return `path ${JSON.stringify(path)} must begin with "/"`;
}

/** Envoy never sees these in a path, so such a rule could never match (RFC 3986 §3.3). */
function checked(path: string, match: PathMatch): Result<PathMatch, string> {
  if (/[?#\s]/.test(path) || hasControl(path)) {
    return err(
      `path ${JSON.stringify(path)} holds "?", "#", white space or a control character, which no path of a request does`,
    );
  }
  return ok(match);
}

/** What the API server refuses in Exact and Prefix paths (Kubernetes, validation of networking.k8s.io Ingress). */
function isAmbiguous(path: string): boolean {
  return /\/\/|\/\.\/|\/\.\.\/|%2f|\/\.\.$|\/\.$/i.test(path);
}

function hasControl(path: string): boolean {
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
