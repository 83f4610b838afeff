/** What statuses say of where the proxies are reached. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import type { Service } from "#kinds/service.ts";
import { PublishedAddresses, type PublishedLookup } from "./published-address.ts";

const service = { kind: "service", namespace: "sekisho-system", name: "sekisho" } as const;

const web: Service = {
  spec: {
    ports: [
      { port: 80, targetPort: "http" },
      { port: 443 },
      { port: 9464, targetPort: "pages" },
      { port: 8443, targetPort: "https" },
    ],
  },
};

function lookup(statusOf: PublishedLookup["statusOf"]): PublishedLookup {
  return { statusOf, service: () => web };
}

test("addresses are those of the Service's load balancer, without its ports", () => {
  const statuses = new Map<string, Json>();
  const addresses = new PublishedAddresses(
    service,
    lookup((key) => statuses.get(key)),
  );
  addresses.refresh();
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
    const addresses = new PublishedAddresses(
      service,
      lookup(() => status),
    );
    addresses.refresh();
    assert.deepEqual(addresses.now, []);
  }
});

test("fixed addresses stay as they are", () => {
  const fixed = [{ ip: "192.0.2.9" }];
  const addresses = new PublishedAddresses(
    { kind: "fixed", addresses: fixed },
    lookup(() => ({ loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } })),
  );
  assert.equal(addresses.refresh(), false);
  assert.deepEqual(addresses.now, fixed);
  assert.deepEqual(addresses.ports, [80, 443]);
});

test("ports are those of the Service that lead to HTTP and HTTPS, and news when they change", () => {
  const services = new Map<string, Service>();
  const addresses = new PublishedAddresses(service, {
    statusOf: () => undefined,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
  });
  assert.equal(addresses.refresh(), false);
  services.set("sekisho-system/sekisho", web);
  assert.equal(addresses.refresh(), true);
  assert.deepEqual(addresses.ports, [80, 443, 8443]);
});
