/** Where the clients of a cluster reach its proxies: what statuses say of it. */

import { isJsonObject, type Json, type JsonObject, sameJson } from "#base/json.ts";
import { formatKey } from "#kinds/object.ts";
import { serviceKind } from "#kinds/service.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";

export type PublishedAddress =
  | { readonly kind: "fixed"; readonly addresses: readonly LoadBalancerAddress[] }
  /** What a Service of type LoadBalancer says in its status. */
  | { readonly kind: "service"; readonly namespace: string; readonly name: string };

export class PublishedAddresses {
  readonly #published: PublishedAddress;
  readonly #statusOf: (key: string) => Json | undefined;
  #now: readonly LoadBalancerAddress[] = [];

  /** `statusOf`: the status that an object (`formatKey`) was last seen with. */
  constructor(published: PublishedAddress, statusOf: (key: string) => Json | undefined) {
    this.#published = published;
    this.#statusOf = statusOf;
    if (published.kind === "fixed") this.#now = published.addresses;
  }

  /** As they were at the last {@link refresh}. */
  get now(): readonly LoadBalancerAddress[] {
    return this.#now;
  }

  /** Looks at the Service again; true when there is something new. */
  refresh(): boolean {
    if (this.#published.kind === "fixed") return false;
    const { namespace, name } = this.#published;
    const status = this.#statusOf(formatKey({ kind: serviceKind.id, namespace, name }));
    const found = balancerAddresses(status);
    if (sameJson(found, this.#now)) return false;
    this.#now = found;
    return true;
  }
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
