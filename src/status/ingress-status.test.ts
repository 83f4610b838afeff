import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Finding } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import { formatKey, type ObjectKey } from "#kinds/object.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import {
  createIngressStatusWriter,
  type IngressStatusWriter,
  type LoadBalancerAddress,
} from "./ingress-status.ts";

const served = { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } };
const kind = "Ingress.networking.k8s.io";

interface Stage {
  readonly store: ObjectStore;
  readonly claimed: Map<string, string>;
  readonly writer: IngressStatusWriter;
  /** Keys of the statuses that were written, in order. */
  readonly written: string[];
  /** The next write fails once. */
  readonly breakNext: () => void;
  readonly claim: (name: string) => Promise<void>;
  readonly statusOf: (name: string) => Promise<unknown>;
  /** The statuses that the watch has shown, by key. */
  readonly seen: Map<string, Json>;
  /** How many hosts objects want, by key; else one. */
  readonly hosts: Map<string, number>;
  /** Who serves an object, by key. */
  readonly masters: Map<string, string>;
  /** Where objects say that they are reached, by key. */
  readonly places: Map<string, LoadBalancerAddress>;
  readonly moveTo: (addresses: readonly LoadBalancerAddress[]) => void;
}

async function startWriter(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const claimed = new Map<string, string>();
  const written: string[] = [];
  const stage: { addresses: readonly LoadBalancerAddress[] } = { addresses: [{ ip: "127.0.0.1" }] };
  const seen = new Map<string, Json>();
  const hosts = new Map<string, number>();
  const masters = new Map<string, string>();
  const places = new Map<string, LoadBalancerAddress>();
  let broken = false;
  const watched: ObjectStore = {
    ...store,
    replaceStatus: async (key, status) => {
      if (broken) {
        broken = false;
        throw new StoreError("unavailable", "the disk is full; make room");
      }
      written.push(key.name);
      return await store.replaceStatus(key, status);
    },
  };
  const writer = createIngressStatusWriter(watched, {
    claimed: () => claimed,
    addresses: () => stage.addresses,
    hostsOf: (key) => hosts.get(key) ?? 1,
    servedBy: (key) => masters.get(key),
    reachedAt: (key) => places.get(key),
    statusOf: (key) => seen.get(key),
    breathe: async () => undefined,
  });
  const keyOf = (name: string): ObjectKey => ({ kind, namespace: "default", name });
  const claim = async (name: string): Promise<void> => {
    const { metadata } = await store.create({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, namespace: "default" },
      body: {},
    });
    claimed.set(formatKey(keyOf(name)), metadata.uid);
    writer.claimChanged(formatKey(keyOf(name)));
  };
  const statusOf = async (name: string): Promise<unknown> => (await store.get(keyOf(name)))?.status;
  const breakNext = (): void => {
    broken = true;
  };
  const moveTo = (addresses: readonly LoadBalancerAddress[]): void => {
    stage.addresses = addresses;
    writer.addressesChanged();
  };
  const maps = { claimed, seen, hosts, masters, places };
  return { store, ...maps, writer, written, breakNext, claim, statusOf, moveTo };
}

test("an Ingress that is served gets the address, and loses it when it is not any more", async (context) => {
  const { claimed, writer, claim, statusOf } = await startWriter(context);
  await claim("web");
  await writer.update();
  assert.deepEqual(await statusOf("web"), served);
  const key = `${kind}/default/web`;
  claimed.delete(key);
  writer.claimChanged(key);
  await writer.update();
  assert.deepEqual(await statusOf("web"), { loadBalancer: {} });
});

test("an update looks at what changed, however much is served", async (context) => {
  const { writer, written, claim } = await startWriter(context);
  for (let count = 0; count < 50; count += 1) await claim(`web-${count}`);
  await writer.update();
  assert.equal(written.length, 50);
  await claim("late");
  await writer.update();
  await writer.update();
  assert.deepEqual(written.slice(50), ["late"]);
});

test("a status that could not be written is written at the next update", async (context) => {
  const { writer, claim, statusOf, breakNext } = await startWriter(context);
  await claim("web");
  breakNext();
  await assert.rejects(writer.update(), { code: "unavailable" });
  await writer.update();
  assert.deepEqual(await statusOf("web"), served);
});

function finding(name: string, reason: string, path: string): Finding {
  const origin = { kind, namespace: "default", name, path };
  return { severity: "warning", reason, origin, message: reason, advice: "" };
}

test("an Ingress that is rejected, or loses all of its hosts, has no address until that is over", async (context) => {
  const { writer, hosts, claim, statusOf } = await startWriter(context);
  hosts.set(`${kind}/default/web`, 2);
  await claim("web");
  await writer.update();
  const first = finding("web", "HostTaken", "spec.rules[0].host");
  const second = finding("web", "HostTaken", "spec.rules[1].host");
  writer.found({ added: [first], gone: [] });
  await writer.update();
  assert.deepEqual(await statusOf("web"), served);
  writer.found({ added: [second], gone: [] });
  await writer.update();
  assert.deepEqual(await statusOf("web"), { loadBalancer: {} });
  writer.found({ added: [], gone: [first, second] });
  await writer.update();
  assert.deepEqual(await statusOf("web"), served);
  const rejected = finding("web", "Rejected", "metadata.annotations[nginx.org/hsts]");
  writer.found({ added: [rejected], gone: [] });
  await writer.update();
  assert.deepEqual(await statusOf("web"), { loadBalancer: {} });
});

test("an Ingress that another one serves has an address as long as that one is served", async (context) => {
  const { writer, masters, claim, statusOf } = await startWriter(context);
  masters.set(`${kind}/default/minion`, `${kind}/default/master`);
  await claim("master");
  await claim("minion");
  await writer.update();
  assert.deepEqual(await statusOf("minion"), served);
  const taken = finding("master", "HostTaken", "spec.rules[0].host");
  writer.found({ added: [taken], gone: [] });
  await writer.update();
  assert.deepEqual(await statusOf("minion"), { loadBalancer: {} });
  writer.found({ added: [], gone: [taken] });
  await writer.update();
  assert.deepEqual(await statusOf("minion"), served);
});

test("kinds that are no Ingress have no such status", async (context) => {
  const { writer, written } = await startWriter(context);
  writer.claimChanged("Gateway.gateway.networking.k8s.io/default/web");
  await writer.update();
  assert.deepEqual(written, []);
});

test("a status that is there already is not written again by the next writer", async (context) => {
  const { writer, written, seen, claim } = await startWriter(context);
  seen.set(`${kind}/default/web`, served);
  await claim("web");
  await writer.update();
  assert.deepEqual(written, []);
});

test("when the load balancer moves, all that is served is told, and none while it has no address", async (context) => {
  const { writer, claim, statusOf, moveTo } = await startWriter(context);
  await claim("web");
  await writer.update();
  moveTo([{ hostname: "lb.example" }]);
  await writer.update();
  assert.deepEqual(await statusOf("web"), {
    loadBalancer: { ingress: [{ hostname: "lb.example" }] },
  });
  moveTo([]);
  await writer.update();
  assert.deepEqual(await statusOf("web"), { loadBalancer: {} });
});

test("an Ingress that says itself where it is reached has that address alone", async (context) => {
  const { writer, claim, statusOf, places } = await startWriter(context);
  const key = `${kind}/default/web`;
  places.set(key, { hostname: "edge.example.com" });
  await claim("web");
  await writer.update();
  const elsewhere = { loadBalancer: { ingress: [{ hostname: "edge.example.com" }] } };
  assert.deepEqual(await statusOf("web"), elsewhere);
  places.delete(key);
  writer.claimChanged(key);
  await writer.update();
  assert.deepEqual(await statusOf("web"), served);
});
