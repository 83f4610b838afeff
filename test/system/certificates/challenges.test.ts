/** Answers to a certificate authority by a real Envoy: they come before everything that a host asks of its clients. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
let gate: TestGate;
/** Nobody here is among its clients. */
let closed: TestGate;

before(async () => {
  gate = everything.use(await startTestGate());
  const allowedClients = [cidrRangeOf("192.0.2.1")];
  closed = everything.use(await startTestGate({ listeners: { allowedClients } }));
});

after(() => everything.disposeAsync());

const path = "/.well-known/acme-challenge/t0ken";

function challenge(
  host: string,
  status: JsonObject = { processing: true, state: "pending" },
  generation = 1,
): KubeObject {
  return storedObject({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    metadata: { name: host, namespace: "shop", generation },
    body: {
      spec: {
        ...{ url: "https://ca.test/c/1", authorizationURL: "https://ca.test/a/1", dnsName: host },
        ...{ type: "HTTP-01", token: "t0ken", key: `t0ken.${host}` },
        ...{ solver: { http01: { ingress: {} } }, issuerRef: { name: "prod" } },
      },
    },
    status,
  });
}

function server(name: string, host: string, spec: JsonObject): KubeObject {
  const routes = [{ path: "/", action: { return: { body: "page" } } }];
  return storedObject({
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { name },
    body: { spec: { host, routes, ...spec } },
  });
}

const nobody = storedObject({
  apiVersion: "k8s.nginx.org/v1",
  kind: "Policy",
  metadata: { name: "nobody" },
  body: { spec: { accessControl: { allow: ["203.0.113.1"] } } },
});

async function ask(at: TestGate, host: string, target = path, by = "127.0.0.1"): Promise<string> {
  const peer = { host: by, port: at.http };
  const answer = await sendText(peer, http1Text(target, [`Host: ${host}`]));
  return `${answer.status} ${answer.body}`;
}

test("an answer comes before redirects to HTTPS, a missing Secret, and rules about clients", async () => {
  const redirecting = { tls: { secret: "missing", redirect: { enable: true } } };
  const world = [
    nobody,
    server("a", "a.test", redirecting),
    server("b", "b.test", { policies: [{ name: "nobody" }] }),
  ];
  const hosts = ["a.test", "b.test"];
  assert.deepEqual(await gate.apply([...world, ...hosts.map((host) => challenge(host))]), []);
  for (const host of hosts) {
    assert.equal(await ask(gate, host), `200 t0ken.${host}`);
    assert.equal(await ask(gate, `${host}:80`), `200 t0ken.${host}`);
  }
  assert.match(await ask(gate, "a.test", "/"), /^301 /);
  assert.match(await ask(gate, "b.test", "/"), /^403 /);
  await gate.apply(world);
  assert.match(await ask(gate, "a.test"), /^301 /);
});

test("an answer is given for a host that a wildcard serves, which goes on, and for one that nobody serves", async () => {
  const wildcard = server("w", "*.w.test", {});
  const hosts = ["a.w.test", "nobody.test"];
  await gate.apply([wildcard, ...hosts.map((host) => challenge(host))]);
  for (const host of hosts) assert.equal(await ask(gate, host), `200 t0ken.${host}`);
  assert.equal(await ask(gate, "a.w.test", "/"), "200 page");
  assert.match(await ask(gate, "nobody.test", "/"), /^404 /);
  assert.equal(await ask(gate, "other.w.test"), "200 page");
});

test("an answer is given to clients that may ask nothing else", async () => {
  await closed.apply([server("a", "a.test", {}), challenge("a.test")]);
  assert.equal(await ask(closed, "a.test"), "200 t0ken.a.test");
  assert.match(await ask(closed, "a.test", "/"), /^403 /);
  assert.match(await ask(closed, "a.test", `${path}/..%2fadmin`), /^403 /);
});

test("an answer is given by IPv6 as by IPv4, and whose address is let in is told by either", async (context) => {
  if (!existsSync("/proc/net/if_inet6")) return context.skip("this machine has no IPv6");
  const allowedClients = ["127.0.0.0/8"].map(cidrRangeOf);
  await using both = await startTestGate({ listeners: { address: "::", allowedClients } });
  assert.deepEqual(await both.apply([server("a", "a.test", {}), challenge("a.test")]), []);
  for (const [address, page] of [
    ["127.0.0.1", /^200 page$/],
    ["::1", /^403 /],
  ] as const) {
    assert.equal(await ask(both, "a.test", path, address), "200 t0ken.a.test");
    assert.match(await ask(both, "a.test", "/", address), page);
  }
});

test("a Challenge that is not worked on, or was changed since it was judged, has nothing answered", async () => {
  const page = server("a", "a.test", {});
  for (const other of [challenge("a.test", {}), challenge("a.test", { processing: true }, 2)]) {
    await gate.apply([page, other]);
    assert.equal(await ask(gate, "a.test"), "200 page");
  }
});

test("a host that is at ports of its own alone is answered for at the gate's port, and nothing else is there", async () => {
  const ports = storedObject({
    apiVersion: "k8s.nginx.org/v1",
    kind: "GlobalConfiguration",
    metadata: { name: "ports" },
    body: { spec: { listeners: [{ name: "web", protocol: "HTTP", port: 8085 }] } },
  });
  const away = server("away", "a.test", { listener: { http: "nowhere" } });
  assert.deepEqual(await gate.apply([ports, away, challenge("a.test")]), []);
  assert.equal(await ask(gate, "a.test"), "200 t0ken.a.test");
  assert.equal(await ask(gate, "a.test", "/"), "404 ");
  assert.deepEqual(await gate.apply([ports, away]), []);
  assert.equal(await ask(gate, "a.test"), "404 ");
});

test("a host whose handshakes are passed on is answered for over plain HTTP", async () => {
  const passing = storedObject({
    apiVersion: "k8s.nginx.org/v1",
    kind: "TransportServer",
    metadata: { name: "passing" },
    body: {
      spec: {
        ...{ host: "a.test", action: { pass: "up" } },
        listener: { name: "tls-passthrough", protocol: "TLS_PASSTHROUGH" },
        upstreams: [{ name: "up", service: "up", port: 443 }],
      },
    },
  });
  assert.deepEqual(await gate.apply([passing, challenge("a.test")]), []);
  assert.equal(await ask(gate, "a.test"), "200 t0ken.a.test");
  assert.equal(await ask(gate, "a.test", "/"), "404 ");
});
