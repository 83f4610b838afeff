/** DNS records that objects want, as DNSEndpoints that belong to them: ExternalDNS reads these, and has DNS say so. */

import type { JsonObject } from "#base/json.ts";
import { dnsEndpointKind } from "#kinds/nginx/dns-endpoint.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { WantedRecord } from "#model/wanted-record.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type Change, OwnedObjects, type WantedObject } from "#store/owned-objects.ts";
import type { Made } from "./made-objects.ts";

/** A record, and where it leads. */
export interface PlacedRecord {
  readonly record: WantedRecord;
  readonly addresses: readonly LoadBalancerAddress[];
}

export class DnsEndpoints {
  readonly #objects: OwnedObjects;

  constructor(store: ObjectStore) {
    const { id, kind, group, version } = dnsEndpointKind;
    this.#objects = new OwnedObjects(store, { id, kind, apiVersion: `${group}/${version}` });
  }

  /** Whether an object (`formatKey`) neither wants nor has any. */
  async isIdle(owner: string, wishes: readonly PlacedRecord[]): Promise<boolean> {
    return wishes.length === 0 && (await this.#objects.hasNone(owner));
  }

  /** Makes, changes and removes until an object has those that it wants. Throws StoreError. */
  async bring(owner: KubeObject, wishes: readonly PlacedRecord[]): Promise<readonly Made[]> {
    return (await this.#objects.bring(owner, wishes.map(objectOf))).map(madeBy);
  }
}

function madeBy({ kind, name }: Change): Made {
  switch (kind) {
    case "created":
      return succeeded("CreateDNSEndpoint", `created DNSEndpoint "${name}"`);
    case "updated":
      return succeeded("UpdateDNSEndpoint", `updated DNSEndpoint "${name}"`);
    case "deleted":
      return succeeded("DeleteDNSEndpoint", `deleted unrequired DNSEndpoint "${name}"`);
    case "foreign":
      return failed(
        `DNSEndpoint "${name}" is there already and does not belong to this object, so it is left alone`,
      );
    case "undefined-kind":
      return failed(
        "no DNSEndpoint can be made: the cluster does not define that kind; run sekisho install crds",
      );
  }
}

function succeeded(reason: string, what: string): Made {
  return { type: "Normal", reason, message: `Successfully ${what}` };
}

function failed(message: string): Made {
  return { type: "Warning", reason: "BadConfig", message };
}

function objectOf(placed: PlacedRecord): WantedObject {
  const { name, labels } = placed.record;
  return {
    ...{ name, labels },
    annotations: (there) => there,
    spec: () => ({ endpoints: endpointsOf(placed) }),
  };
}

/** One a type of record. */
function endpointsOf({ record, addresses }: PlacedRecord): JsonObject[] {
  const { host, recordType, ttlSeconds, recordLabels, providerSpecific } = record;
  const byType = Map.groupBy(addresses, (address) => recordType ?? typeOf(address));
  return [...byType].map(([type, targets]) => ({
    ...{ dnsName: host, recordType: type, targets: targets.map(targetOf).sort() },
    ...(ttlSeconds === undefined ? {} : { recordTTL: ttlSeconds }),
    ...(Object.keys(recordLabels).length === 0 ? {} : { labels: { ...recordLabels } }),
    ...(providerSpecific.length === 0
      ? {}
      : { providerSpecific: providerSpecific.map((one) => ({ ...one })) }),
  }));
}

function typeOf(address: LoadBalancerAddress): string {
  if (!("ip" in address)) return "CNAME";
  return address.ip.includes(":") ? "AAAA" : "A";
}

function targetOf(address: LoadBalancerAddress): string {
  return "ip" in address ? address.ip : address.hostname;
}
