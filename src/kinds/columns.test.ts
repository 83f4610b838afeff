import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { endpointSliceKind } from "./endpoint-slice.ts";
import { type Kind, read } from "./kind.ts";
import { secretKind } from "./secret.ts";
import { serviceKind } from "./service.ts";

/** The columns of an object with `body`, by title. */
function columns<T>(kind: Kind<T>, body: JsonObject, status?: Json): Record<string, string> {
  const object = storedObject({ apiVersion: kind.version, kind: kind.kind, body, status });
  const known = read(kind, object);
  return Object.fromEntries(kind.columns.map((column) => [column.title, column.value(known)]));
}

test("a Service that says nothing is a ClusterIP without addresses and ports", () => {
  assert.deepEqual(columns(serviceKind, { spec: {} }), {
    TYPE: "ClusterIP",
    "CLUSTER-IP": "<none>",
    "EXTERNAL-IP": "<none>",
    "PORT(S)": "<none>",
    SELECTOR: "<none>",
  });
});

test("a Service's ports are shown with protocol and node port, its selector as labels", () => {
  const ports = [
    { port: 80, nodePort: 30080 },
    { name: "dns", port: 53, protocol: "UDP" },
  ];
  const spec = {
    type: "NodePort",
    clusterIP: "10.0.0.1",
    ports,
    selector: { app: "a", tier: "b" },
  };
  assert.deepEqual(columns(serviceKind, { spec }), {
    TYPE: "NodePort",
    "CLUSTER-IP": "10.0.0.1",
    "EXTERNAL-IP": "<none>",
    "PORT(S)": "80:30080/TCP,53/UDP",
    SELECTOR: "app=a,tier=b",
  });
});

test("a headless Service shows None as its cluster address", () => {
  assert.equal(columns(serviceKind, { spec: { clusterIP: "None" } })["CLUSTER-IP"], "None");
});

test("a Service of type ExternalName shows its name as external address and has no cluster address", () => {
  const spec = { type: "ExternalName", externalName: "api.example.net", clusterIP: "10.0.0.1" };
  const shown = columns(serviceKind, { spec });
  assert.equal(shown["EXTERNAL-IP"], "api.example.net");
  assert.equal(shown["CLUSTER-IP"], "<none>");
});

test("a Service of type LoadBalancer is pending until it has an address", () => {
  const spec = { type: "LoadBalancer" };
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
  assert.equal(columns(serviceKind, { spec })["EXTERNAL-IP"], "<pending>");
  assert.equal(columns(serviceKind, { spec }, status)["EXTERNAL-IP"], "192.0.2.1");
});

test("an EndpointSlice shows its ports and the addresses of its endpoints", () => {
  const body = {
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }, { port: 9000 }],
    endpoints: [{ addresses: ["192.0.2.1"] }, { addresses: ["192.0.2.2"] }],
  };
  assert.deepEqual(columns(endpointSliceKind, body), {
    ADDRESSTYPE: "IPv4",
    PORTS: "8080,9000",
    ENDPOINTS: "192.0.2.1,192.0.2.2",
  });
});

test("an EndpointSlice counts what goes beyond three, and says when nothing is set", () => {
  const endpoints = [1, 2, 3, 4].map((last) => ({ addresses: [`192.0.2.${last}`] }));
  const full = columns(endpointSliceKind, { addressType: "IPv4", endpoints, ports: [{}] });
  assert.equal(full["ENDPOINTS"], "192.0.2.1,192.0.2.2,192.0.2.3 + 1 more...");
  assert.equal(full["PORTS"], "*");
  const empty = columns(endpointSliceKind, { addressType: "IPv6" });
  assert.deepEqual([empty["PORTS"], empty["ENDPOINTS"]], ["<unset>", "<unset>"]);
});

test("a Secret shows its type and how many keys it has, never a value", () => {
  assert.deepEqual(columns(secretKind, {}), { TYPE: "Opaque", DATA: "0" });
  const body = {
    type: "kubernetes.io/tls",
    data: { "tls.crt": "YQ==" },
    stringData: { "tls.key": "b" },
  };
  assert.deepEqual(columns(secretKind, body), { TYPE: "kubernetes.io/tls", DATA: "2" });
});

test("a key that a Secret has in data and in stringData counts once", () => {
  assert.equal(columns(secretKind, { data: { a: "YQ==" }, stringData: { a: "b" } })["DATA"], "1");
});
