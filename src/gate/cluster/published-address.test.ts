/** What statuses say of where the proxies are reached. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { PublishedAddresses } from "./published-address.ts";

const service = { kind: "service", namespace: "sekisho-system", name: "sekisho" } as const;

test("addresses are those of the Service's load balancer, without its ports", () => {
  const statuses = new Map<string, Json>();
  const addresses = new PublishedAddresses(service, (key) => statuses.get(key));
  assert.equal(addresses.refresh(), false);
  assert.deepEqual(addresses.now, []);
  statuses.set("Service/sekisho-system/sekisho", {
    loadBalancer: {
      ingress: [
        { ip: "192.0.2.1", ipMode: "VIP", ports: [{ port: 80, protocol: "TCP" }] },
        { hostname: "lb.example" },
        { ip: "192.0.2.2", hostname: "both.example" },
        {},
        null,
      ],
    },
  });
  assert.equal(addresses.refresh(), true);
  assert.deepEqual(addresses.now, [
    { ip: "192.0.2.1" },
    { hostname: "lb.example" },
    { ip: "192.0.2.2", hostname: "both.example" },
  ]);
  assert.equal(addresses.refresh(), false);
});

test("a Service without a load balancer, or whose status is no status, gives none", () => {
  const odd: readonly Json[] = [null, {}, { loadBalancer: null }, { loadBalancer: { ingress: 1 } }];
  for (const status of odd) {
    const addresses = new PublishedAddresses(service, () => status);
    addresses.refresh();
    assert.deepEqual(addresses.now, []);
  }
});

test("fixed addresses stay as they are", () => {
  const fixed = [{ ip: "192.0.2.9" }];
  const addresses = new PublishedAddresses({ kind: "fixed", addresses: fixed }, () => ({
    loadBalancer: { ingress: [{ ip: "192.0.2.1" }] },
  }));
  assert.equal(addresses.refresh(), false);
  assert.deepEqual(addresses.now, fixed);
});
