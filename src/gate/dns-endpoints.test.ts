import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type DnsEndpoint, dnsEndpointKind } from "#kinds/nginx/dns-endpoint.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import type { WantedRecord } from "#model/wanted-record.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";
import type { Draft, ObjectStore } from "#store/object-store.ts";
import { StoreError } from "#store/object-store.ts";
import type { OwnedObjects } from "#store/owned-objects.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { ownedDnsEndpoints, type PlacedRecord } from "./dns-endpoints.ts";

const key: ObjectKey = { kind: dnsEndpointKind.id, namespace: "default", name: "cafe" };
const record: WantedRecord = {
  ...{ name: "cafe", host: "cafe.example.com", labels: { app: "cafe" } },
  ...{ recordLabels: {}, providerSpecific: [] },
};
const addresses: readonly LoadBalancerAddress[] = [
  { ip: "203.0.113.2" },
  { ip: "2001:db8::1" },
  { ip: "203.0.113.1" },
];

interface Stage {
  readonly store: ObjectStore;
  readonly server: KubeObject;
  readonly endpoints: OwnedObjects<PlacedRecord>;
  /** The reasons of what was done. */
  readonly bring: (...wishes: readonly WantedRecord[]) => Promise<readonly string[]>;
}

async function startStage(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const draft: Draft = {
    ...{ apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", body: {} },
    metadata: { name: "cafe", namespace: "default" },
  };
  const server = await store.create(draft);
  const endpoints = ownedDnsEndpoints(store);
  const bring: Stage["bring"] = async (...wishes) => {
    const placed = wishes.map((one) => ({ record: one, addresses }));
    return (await endpoints.bring(server, placed)).map(({ reason }) => reason);
  };
  return { store, server, endpoints, bring };
}

function recordsIn(made: KubeObject | undefined): NonNullable<DnsEndpoint["spec"]>["endpoints"] {
  return (made?.body as DnsEndpoint | undefined)?.spec?.endpoints;
}

test("a DNSEndpoint is made once, has a record for each family of addresses, and belongs to the object", async (context) => {
  const { store, server, endpoints, bring } = await startStage(context);
  assert.deepEqual(await endpoints.bring(server, [{ record, addresses }]), [
    {
      ...{ type: "Normal", reason: "CreateDNSEndpoint" },
      message: 'Successfully created DNSEndpoint "cafe"',
    },
  ]);
  assert.deepEqual(await bring(record), []);
  const made = await store.get(key);
  const dnsName = "cafe.example.com";
  assert.deepEqual(recordsIn(made), [
    { dnsName, recordType: "A", targets: ["203.0.113.1", "203.0.113.2"] },
    { dnsName, recordType: "AAAA", targets: ["2001:db8::1"] },
  ]);
  assert.deepEqual(made?.metadata.labels, { app: "cafe" });
  const { apiVersion, kind } = server;
  assert.deepEqual(made?.metadata.ownerReferences, [
    { apiVersion, kind, name: "cafe", uid: server.metadata.uid, controller: true },
  ]);
});

test("it says what is asked for besides, and follows what is wanted and where the gate is reached", async (context) => {
  const { store, server, endpoints, bring } = await startStage(context);
  await bring(record);
  const providerSpecific = [{ name: "aws/weight", value: "10" }];
  const more = { recordType: "CNAME", ttlSeconds: 60, recordLabels: { team: "tea" } } as const;
  const placed = { record: { ...record, ...more, providerSpecific } };
  const named = [{ hostname: "lb.example.net" }];
  const [done] = await endpoints.bring(server, [{ ...placed, addresses: named }]);
  assert.equal(done?.reason, "UpdateDNSEndpoint");
  assert.deepEqual(recordsIn(await store.get(key)), [
    {
      ...{ dnsName: "cafe.example.com", recordType: "CNAME", targets: ["lb.example.net"] },
      ...{ recordTTL: 60, labels: { team: "tea" }, providerSpecific },
    },
  ]);
});

test("one that is wanted no more goes, also one that an earlier run made", async (context) => {
  const { store, server, bring } = await startStage(context);
  await bring(record);
  const later = ownedDnsEndpoints(store);
  assert.equal(await later.isIdle("VirtualServer.k8s.nginx.org/default/cafe", []), false);
  const [done] = await later.bring(server, []);
  assert.equal(done?.reason, "DeleteDNSEndpoint");
  assert.equal(await store.get(key), undefined);
});

test("one that does not belong to the object is left alone, and the owner is told", async (context) => {
  const { store, bring } = await startStage(context);
  await store.create({
    ...{ apiVersion: "externaldns.nginx.org/v1", kind: "DNSEndpoint", body: {} },
    metadata: { name: "cafe", namespace: "default" },
  });
  assert.deepEqual(await bring(record), ["BadConfig"]);
  assert.deepEqual((await store.get(key))?.body, {});
});

test("who may not list them has none, and is told once one is wanted", async (context) => {
  const { store, server } = await startStage(context);
  const denied = (): Promise<never> => Promise.reject(new StoreError("denied", "no"));
  const endpoints = ownedDnsEndpoints({ ...store, list: denied, get: denied });
  assert.equal(await endpoints.isIdle("VirtualServer.k8s.nginx.org/default/cafe", []), true);
  await assert.rejects(endpoints.bring(server, [{ record, addresses }]), StoreError);
});
