/** Where the clients of a cluster reach its proxies: what statuses say of it. */

import { isJsonObject, type Json, type JsonObject, sameJson } from "#base/json.ts";
import { formatKey } from "#kinds/object.ts";
import { type Service, serviceKind } from "#kinds/service.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";

export type PublishedAddress =
  | { readonly kind: "fixed"; readonly addresses: readonly LoadBalancerAddress[] }
  /** What a Service of type LoadBalancer says in its status. */
  | { readonly kind: "service"; readonly namespace: string; readonly name: string };

/** What is known of objects now. */
export interface PublishedLookup {
  /** The status that an object (`formatKey`) was last seen with. */
  readonly statusOf: (key: string) => Json | undefined;
  readonly service: (namespace: string, name: string) => Service | undefined;
}

/** Where a load balancer of which nobody says more listens. */
const usualPorts = [80, 443];

export class PublishedAddresses {
  readonly #published: PublishedAddress;
  readonly #lookup: PublishedLookup;
  #now: readonly LoadBalancerAddress[] = [];
  #ports: readonly number[] = [];

  constructor(published: PublishedAddress, lookup: PublishedLookup) {
    this.#published = published;
    this.#lookup = lookup;
    if (published.kind === "service") return;
    this.#now = published.addresses;
    this.#ports = usualPorts;
  }

  /** As they were at the last {@link refresh}. */
  get now(): readonly LoadBalancerAddress[] {
    return this.#now;
  }

  /** The ports of these addresses. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Looks at the Service again; true when there is something new. */
  refresh(): boolean {
    if (this.#published.kind === "fixed") return false;
    const { namespace, name } = this.#published;
    const { statusOf, service } = this.#lookup;
    const found = balancerAddresses(statusOf(formatKey({ kind: serviceKind.id, namespace, name })));
    const ports = webPorts(service(namespace, name));
    if (sameJson(found, this.#now) && sameJson(ports, this.#ports)) return false;
    this.#now = found;
    this.#ports = ports;
    return true;
  }
}

/** Those that lead to HTTP or HTTPS, by their targets, as NGINX Ingress Controller tells them. */
function webPorts(service: Service | undefined): readonly number[] {
  const targets: readonly (number | string)[] = [80, 443, "http", "https"];
  return (service?.spec?.ports ?? [])
    .filter(({ port, targetPort }) => targets.includes(targetPort ?? port))
    .map(({ port }) => port);
}

/** Ports and other details of the Service's entries are left out: an Ingress has no such fields for them. */
function balancerAddresses(status: Json | undefined): readonly LoadBalancerAddress[] {
  const balancer = objectIn(status, "loadBalancer");
  const entries = balancer?.["ingress"];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: Json): readonly LoadBalancerAddress[] => {
    if (!isJsonObject(entry)) return [];
    const { ip, hostname } = entry as JsonObject;
    const name = typeof hostname === "string" ? { hostname } : undefined;
    if (typeof ip === "string") return [{ ip, ...name }];
    return name === undefined ? [] : [name];
  });
}

function objectIn(value: Json | undefined, name: string): JsonObject | undefined {
  const found = isJsonObject(value) ? (value as JsonObject)[name] : undefined;
  return isJsonObject(found) ? (found as JsonObject) : undefined;
}
