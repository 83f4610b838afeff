/** DNS records that objects want, as DNSEndpoints that belong to them: ExternalDNS reads these, and has DNS say so. */

import type { JsonObject } from "#base/json.ts";
import { dnsEndpointKind } from "#kinds/nginx/dns-endpoint.ts";
import type { WantedRecord } from "#model/wanted-record.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { OwnedObjects, type WantedObject } from "#store/owned-objects.ts";

/** A record, and where it leads. */
export interface PlacedRecord {
  readonly record: WantedRecord;
  readonly addresses: readonly LoadBalancerAddress[];
}

/** Makes DNSEndpoints and keeps them as they are wanted. */
export function ownedDnsEndpoints(store: ObjectStore): OwnedObjects<PlacedRecord> {
  const { id, kind, group, version } = dnsEndpointKind;
  return new OwnedObjects(store, {
    ...{ id, kind, apiVersion: `${group}/${version}` },
    definedBy: "run sekisho install crds",
    objectOf,
  });
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
