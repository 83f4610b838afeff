/** Which hosts a route or certificate is for. */

import { unreachable } from "#base/unreachable.ts";

export type Host =
  | { readonly kind: "exact"; readonly name: string }
  /** `labels: "one"`: exactly one label in front of the suffix (core Ingress); `"many"`: one or more (Gateway API, Istio). */
  | { readonly kind: "wildcard"; readonly suffix: string; readonly labels: "one" | "many" }
  | { readonly kind: "any" };

export const anyHost: Host = { kind: "any" };

/** `shop.example.com`; `*.example.com` for one label, `**.example.com` for many; `*` for every host. Names are lower case. */
export function formatHost(host: Host): string {
  switch (host.kind) {
    case "exact":
      return host.name;
    case "wildcard":
      return `${host.labels === "one" ? "*" : "**"}.${host.suffix}`;
    case "any":
      return "*";
    default:
      return unreachable(host);
  }
}

/** The host back from {@link formatHost}'s text. */
export function hostFromText(text: string): Host {
  if (text === "*") return anyHost;
  if (text.startsWith("**.")) return { kind: "wildcard", suffix: text.slice(3), labels: "many" };
  if (text.startsWith("*.")) return { kind: "wildcard", suffix: text.slice(2), labels: "one" };
  return { kind: "exact", name: text };
}

/** The hosts that would take a request for `host` if `host` itself were not there, most specific first. */
export function coveringHosts(host: Host): readonly Host[] {
  switch (host.kind) {
    case "exact": {
      const suffixes = parents(host.name);
      const [nearest] = suffixes;
      const one: readonly Host[] =
        nearest === undefined ? [] : [{ kind: "wildcard", suffix: nearest, labels: "one" }];
      return [...one, ...suffixes.map(manyLabels), anyHost];
    }
    case "wildcard": {
      const wider = parents(host.suffix).map(manyLabels);
      return host.labels === "one"
        ? [manyLabels(host.suffix), ...wider, anyHost]
        : [...wider, anyHost];
    }
    case "any":
      return [];
    default:
      return unreachable(host);
  }
}

/** The server-name patterns under which a handshake for `host` is looked up, most specific first. Wildcards there take any number of labels, as Envoy matches them. */
export function serverNameHosts(host: Host): readonly Host[] {
  switch (host.kind) {
    case "exact":
      return [host, ...parents(host.name).map(manyLabels), anyHost];
    case "wildcard":
      return [manyLabels(host.suffix), ...parents(host.suffix).map(manyLabels), anyHost];
    case "any":
      return [anyHost];
    default:
      return unreachable(host);
  }
}

function manyLabels(suffix: string): Host {
  return { kind: "wildcard", suffix, labels: "many" };
}

/** `a.b.c` gives `b.c`, `c`. */
function parents(name: string): readonly string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}
