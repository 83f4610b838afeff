import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type Kind, read } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { recognise } from "../recognise.ts";
import { globalConfigurationKind } from "./global-configuration.ts";
import { policyKind } from "./policy.ts";
import { transportServerKind } from "./transport-server.ts";
import { virtualServerKind } from "./virtual-server.ts";
import { virtualServerRouteKind } from "./virtual-server-route.ts";

function object({ kind }: Kind<unknown>, spec: JsonObject, status?: Json): KubeObject {
  return storedObject({
    ...{ apiVersion: "k8s.nginx.org/v1", kind, metadata: { name: "cafe" } },
    body: { spec },
    status,
  });
}

function columns<T>(kind: Kind<T>, spec: JsonObject, status?: Json): Record<string, string> {
  const known = read(kind, object(kind, spec, status));
  return Object.fromEntries(kind.columns.map((column) => [column.title, column.value(known)]));
}

const cafe: JsonObject = {
  host: "cafe.example.com",
  tls: { secret: "cafe-secret", "cert-manager": { "cluster-issuer": "prod-issuer" } },
  upstreams: [{ name: "tea", service: "tea-svc", port: 80, "max-fails": 0 }],
  routes: [
    { path: "/tea", action: { pass: "tea" } },
    {
      path: "~ ^/v(1|2)",
      matches: [{ conditions: [{ header: "x-canary", value: "" }], action: { pass: "tea" } }],
      splits: [{ weight: 10, action: { proxy: { upstream: "tea", rewritePath: "/" } } }],
    },
  ],
};

test("a VirtualServer as people write it has no problems", () => {
  assert.deepEqual(read(virtualServerKind, object(virtualServerKind, cafe)).problems, []);
});

test("a wrong field of a VirtualServer is a problem with its path, and the rest stays usable", () => {
  const spec = {
    host: 1,
    routes: [
      { path: "/a", splits: "none" },
      { path: "/b", wait: true },
    ],
  };
  const { value, problems } = read(virtualServerKind, object(virtualServerKind, spec));
  assert.deepEqual(
    problems.map(({ path, problem }) => `${path} ${problem}`),
    ["spec.host invalid", "spec.routes[0].splits invalid", "spec.routes[1].wait unknown"],
  );
  assert.deepEqual(value?.spec?.routes, [{ path: "/a" }, { path: "/b" }]);
});

test("a VirtualServer prints state, host, and what reaches it first; the host name of a balancer only when asked", () => {
  const status = {
    state: "Valid",
    externalEndpoints: [
      { ip: "192.0.2.1", ports: "[80,443]" },
      { hostname: "lb.example.net", ports: "[80]" },
    ],
  };
  assert.deepEqual(columns(virtualServerKind, cafe, status), {
    STATE: "Valid",
    HOST: "cafe.example.com",
    IP: "192.0.2.1",
    EXTERNALHOSTNAME: "lb.example.net",
    PORTS: "[80,443]",
  });
  const wide = virtualServerKind.columns.filter((column) => column.wide === true);
  assert.deepEqual(
    wide.map(({ title }) => title),
    ["EXTERNALHOSTNAME"],
  );
});

test("a VirtualServer without a status prints blanks", () => {
  assert.deepEqual(Object.values(columns(virtualServerKind, { host: "a.test" })), [
    "",
    "a.test",
    "",
    "",
    "",
  ]);
});

test("a VirtualServerRoute prints what a VirtualServer prints", () => {
  const spec = { host: "cafe.example.com", subroutes: [{ path: "/tea", action: { pass: "tea" } }] };
  assert.equal(columns(virtualServerRouteKind, spec, { state: "Warning" })["STATE"], "Warning");
  assert.deepEqual(read(virtualServerRouteKind, object(virtualServerRouteKind, spec)).problems, []);
});

test("a TransportServer prints state and reason, a Policy its state, a GlobalConfiguration nothing", () => {
  const status = { state: "Invalid", reason: "Rejected" };
  const server = { listener: { name: "dns", protocol: "UDP" }, action: { pass: "dns" } };
  assert.deepEqual(columns(transportServerKind, server, status), {
    STATE: "Invalid",
    REASON: "Rejected",
  });
  const policy = { accessControl: { allow: ["10.0.0.0/8"] } };
  assert.deepEqual(columns(policyKind, policy, status), { STATE: "Invalid" });
  assert.deepEqual(columns(globalConfigurationKind, { listeners: [] }), {});
});

test("kinds that were v1alpha1 once are read in that version", () => {
  for (const kind of ["Policy", "TransportServer", "GlobalConfiguration"]) {
    const old = recognise("k8s.nginx.org/v1alpha1", kind);
    assert.equal(
      old?.convert?.({ apiVersion: "k8s.nginx.org/v1alpha1" })["apiVersion"],
      "k8s.nginx.org/v1",
    );
  }
  assert.equal(recognise("k8s.nginx.org/v1alpha1", "VirtualServer"), undefined);
});
