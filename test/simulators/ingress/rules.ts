/** Which rule of which Ingress takes a host and a path. */

import type { Ingress, IngressBackend, IngressPath } from "./manifest.ts";
import type { Place } from "./place.ts";
import { placeIn } from "./place.ts";

/** A backend reference with the Ingress that holds it. */
export interface Target {
  readonly ingress: Ingress;
  readonly backend: IngressBackend;
  readonly place: Place;
}

/** The host of a Host header or `:authority`: lower case, without port and without the final dot. */
export function hostOfHeader(header: string): string {
  return header.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

/** The host pattern that owns a request: exact, else a wildcard of one label, else `""` (every host). */
export function chooseHost(ingresses: readonly Ingress[], host: string): string | undefined {
  const patterns = new Set(
    ingresses.flatMap(({ spec }) => (spec.rules ?? []).map((rule) => rule.host ?? "")),
  );
  const dot = host.indexOf(".");
  const wildcard = dot > 0 ? `*${host.slice(dot)}` : undefined;
  return [host, wildcard, ""].find((pattern) => pattern !== undefined && patterns.has(pattern));
}

/** The path that takes a normalised request path under one host pattern; Ingresses come winners first. */
export function choosePath(
  ingresses: readonly Ingress[],
  pattern: string,
  requestPath: string,
): Target | undefined {
  let best:
    | { readonly length: number; readonly exact: boolean; readonly target: Target }
    | undefined;
  for (const { path, target } of pathsOf(ingresses, pattern)) {
    const match = matchPath(path, requestPath);
    if (match === undefined) continue;
    const longer = best === undefined || match.length > best.length;
    const exacter = match.length === best?.length && match.exact && !best.exact;
    // On equal terms the earlier one stays: it is from the older Ingress, or first in its own.
    if (longer || exacter) best = { ...match, target };
  }
  return best?.target;
}

/** The first rule that names this host pattern: what to show for a request that none of its paths takes. */
export function firstRule(ingresses: readonly Ingress[], pattern: string): Place | undefined {
  for (const ingress of ingresses) {
    const index = (ingress.spec.rules ?? []).findIndex((rule) => (rule.host ?? "") === pattern);
    if (index >= 0) return placeIn(ingress, `spec.rules[${index}]`);
  }
  return undefined;
}

/** The default backend of the whole gate: that of the first Ingress which has one. */
export function defaultTarget(ingresses: readonly Ingress[]): Target | undefined {
  for (const ingress of ingresses) {
    const backend = ingress.spec.defaultBackend;
    if (backend !== undefined) {
      return { ingress, backend, place: placeIn(ingress, "spec.defaultBackend") };
    }
  }
  return undefined;
}

function* pathsOf(
  ingresses: readonly Ingress[],
  pattern: string,
): Generator<{ readonly path: IngressPath; readonly target: Target }> {
  for (const ingress of ingresses) {
    for (const [i, rule] of (ingress.spec.rules ?? []).entries()) {
      if ((rule.host ?? "") !== pattern) continue;
      for (const [j, path] of (rule.http?.paths ?? []).entries()) {
        const place = placeIn(ingress, `spec.rules[${i}].http.paths[${j}]`);
        yield { path, target: { ingress, backend: path.backend, place } };
      }
    }
  }
}

/** How well a rule's path matches; undefined when it does not. */
function matchPath(
  rule: IngressPath,
  requestPath: string,
): { readonly length: number; readonly exact: boolean } | undefined {
  const path = rule.path ?? "";
  if (!isAdmitted(path, rule.pathType)) return undefined;
  if (rule.pathType === "Exact") {
    // A final slash counts in an Exact path, yet Prefix `/a/` is not longer than Exact `/a`: it means `/a`.
    return path === requestPath ? { length: path.length, exact: true } : undefined;
  }
  // ImplementationSpecific is ours to define: the same as Prefix.
  const prefix = path.replace(/\/+$/, "");
  const takes = requestPath === prefix || requestPath.startsWith(`${prefix}/`);
  return takes ? { length: prefix.length, exact: false } : undefined;
}

/**
 * What Kubernetes' own validation admits (pkg/apis/networking/validation); anything else takes no request.
 * An empty path, which it admits for ImplementationSpecific only, is `/` for Prefix here too.
 */
function isAdmitted(path: string, type: IngressPath["pathType"]): boolean {
  if (path === "") return type !== "Exact";
  if (!path.startsWith("/")) return false;
  if (type === "ImplementationSpecific") return true;
  return !/\/\/|\/\.\/|\/\.\.\/|%2f|\/\.\.$|\/\.$/i.test(path);
}
