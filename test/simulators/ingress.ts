/**
 * The independent judge of core Ingress: manifests and a request in, the right answer out.
 *
 * Written from the Ingress documentation and API reference of Kubernetes, slowly and plainly, to be compared
 * with what real Envoy answers; it shares no line with the program. Where the standard is silent:
 * - a host owns its requests: without a matching path they go to the default backend, never to a wider host;
 *   a rule without paths, or with none that Kubernetes would admit, still owns its host;
 * - one default backend for the whole gate, that of the oldest Ingress which has one;
 * - over TLS a host is answered only on a connection whose certificate is the one chosen for that host: else 421.
 */

import type { Backend } from "./ingress/backends.ts";
import { resolveBackend } from "./ingress/backends.ts";
import { chooseCertificate } from "./ingress/certificates.ts";
import type { ClassSettings } from "./ingress/classes.ts";
import { servedIngresses, standaloneClasses } from "./ingress/classes.ts";
import type { Ingress, World } from "./ingress/manifest.ts";
import type { Place } from "./ingress/place.ts";
import { normalizePath } from "./ingress/request-path.ts";
import { chooseHost, choosePath, defaultTarget, firstRule, hostOfHeader } from "./ingress/rules.ts";

export interface Request {
  readonly scheme: "http" | "https";
  /** The name in the TLS handshake; absent: none is sent. */
  readonly sni?: string;
  /** The Host header or `:authority` as sent: any case, with or without port and final dot. */
  readonly host: string;
  readonly path: string;
}

export type Outcome =
  | Backend
  | { readonly kind: "status"; readonly status: 404 | 421 | 503 }
  /** No TLS connection comes about. */
  | { readonly kind: "refused" };

export interface Answer {
  readonly outcome: Outcome;
  /** The field that decided; absent when nothing anybody wrote did. */
  readonly place?: Place;
  /** `namespace/name` of the Secret whose certificate the connection shows; absent without TLS. */
  readonly certificate?: string;
}

/** The answer that a gate serving `world` owes to `request`. */
export function judgeIngress(
  world: World,
  request: Request,
  settings: ClassSettings = standaloneClasses,
): Answer {
  const ingresses = servedIngresses(world, settings);
  const host = hostOfHeader(request.host);
  const path = normalizePath(request.path);
  if (request.scheme === "http") return route(world, ingresses, host, path);
  const name = (request.sni ?? "").toLowerCase();
  const shown = chooseCertificate(ingresses, world, name);
  if (shown?.usable !== true) {
    return { outcome: { kind: "refused" }, ...(shown && { place: shown.place }) };
  }
  const owed = chooseCertificate(ingresses, world, host);
  const answer: Answer =
    owed?.secret === shown.secret
      ? route(world, ingresses, host, path)
      : { outcome: { kind: "status", status: 421 }, ...ownerOf(ingresses, host) };
  return { ...answer, certificate: shown.secret };
}

function route(world: World, ingresses: readonly Ingress[], host: string, path: string): Answer {
  const pattern = chooseHost(ingresses, host);
  const chosen = pattern === undefined ? undefined : choosePath(ingresses, pattern, path);
  const target = chosen ?? defaultTarget(ingresses);
  if (target === undefined) {
    return { outcome: { kind: "status", status: 404 }, ...ownerOf(ingresses, host) };
  }
  const unavailable: Outcome = { kind: "status", status: 503 };
  return { outcome: resolveBackend(world, target) ?? unavailable, place: target.place };
}

/** The rule that a host belongs to: what to show where none of its paths decided. */
function ownerOf(ingresses: readonly Ingress[], host: string): { readonly place?: Place } {
  const pattern = chooseHost(ingresses, host);
  const place = pattern === undefined ? undefined : firstRule(ingresses, pattern);
  return place === undefined ? {} : { place };
}
