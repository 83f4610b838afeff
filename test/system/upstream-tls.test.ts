/** Upstreams that want to see a certificate, and that are verified, by a real Envoy: also while Secrets come and go. */

import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import { after, before, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { startTestGate, type TestGate } from "./harness/test-gate.ts";
import { http1Text, sendText } from "./harness/wire-client.ts";

const upstream = selfSigned(["tea-svc.default.svc"]);
const ours = selfSigned(["gate.test"]);
const stranger = selfSigned(["tea-svc.default.svc"]);

const everything = new AsyncDisposableStack();
let gate: TestGate;
let port = 0;

before(async () => {
  const papers = { cert: upstream.certificate, key: upstream.key, ca: ours.certificate };
  const server = https.createServer(
    { ...papers, requestCert: true, rejectUnauthorized: true },
    (_, response) => response.end("tea"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  everything.defer(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== "string");
  port = address.port;
  gate = everything.use(await startTestGate());
});

after(() => everything.disposeAsync());

function object(apiVersion: string, kind: string, name: string, body: object): KubeObject {
  const namespace = "default";
  return {
    ...{ apiVersion, kind },
    metadata: {
      ...{ name, namespace, uid: `${kind}-${name}`, generation: 1, resourceVersion: "1" },
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "kubernetes.io/service-name": "tea-svc" },
      ...{ annotations: {}, finalizers: [], ownerReferences: [] },
    },
    body: JSON.parse(JSON.stringify(body)) as JsonObject,
  };
}

function secret(name: string, type: string, data: Readonly<Record<string, string>>): KubeObject {
  const entries = Object.entries(data).map(([key, value]) => [key, btoa(value)]);
  return object("v1", "Secret", name, { type, data: Object.fromEntries(entries) });
}

function authorities(certificate: string): KubeObject {
  return secret("authorities", "nginx.org/ca", { "ca.crt": certificate });
}

const shown = secret("shown", "kubernetes.io/tls", {
  "tls.crt": ours.certificate,
  "tls.key": ours.key,
});

/** A VirtualServer whose upstream is spoken to as the rule says, and these Secrets. */
function world(egressMTLS: object, ...secrets: readonly KubeObject[]): KubeObject[] {
  const version = "k8s.nginx.org/v1";
  return [
    object(version, "Policy", "papers", { spec: { egressMTLS } }),
    object(version, "VirtualServer", "shop", {
      spec: {
        host: "shop.test",
        policies: [{ name: "papers" }],
        upstreams: [{ name: "tea", service: "tea-svc", port: 443, tls: { enable: true } }],
        routes: [{ path: "/", action: { pass: "tea" } }],
      },
    }),
    object("v1", "Service", "tea-svc", { spec: { ports: [{ port: 443 }] } }),
    object("discovery.k8s.io/v1", "EndpointSlice", "tea-svc-1", {
      addressType: "IPv4",
      ports: [{ port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    }),
    ...secrets,
  ];
}

async function ask(): Promise<number> {
  return (await sendText({ port: gate.http }, http1Text("/", ["Host: shop.test"]))).status;
}

const rule = { tlsSecret: "shown", verifyServer: true, trustedCertSecret: "authorities" };

test("an upstream is shown the certificate that it wants to see, and verified", async () => {
  const all = world(rule, shown, authorities(upstream.certificate));
  assert.deepEqual(await gate.apply(all), []);
  assert.equal(await ask(), 200);
});

test("without a certificate the upstream turns the gate away", async () => {
  const { tlsSecret: _, ...verified } = rule;
  const all = world(verified, authorities(upstream.certificate));
  assert.deepEqual(await gate.apply(all), []);
  assert.notEqual(await ask(), 200);
});

test("an upstream that none of the authorities has signed, or that has another name, gets no request", async () => {
  assert.deepEqual(await gate.apply(world(rule, shown, authorities(stranger.certificate))), []);
  assert.equal(await ask(), 502);
  const named = { ...rule, sslName: "coffee.test", serverName: true };
  assert.deepEqual(await gate.apply(world(named, shown, authorities(upstream.certificate))), []);
  assert.equal(await ask(), 502);
});

test("a Secret that is missing is 500 until it is there", async () => {
  assert.deepEqual(await gate.apply(world(rule, shown)), []);
  assert.equal(await ask(), 500);
  assert.deepEqual(await gate.apply(world(rule, authorities(upstream.certificate))), []);
  assert.equal(await ask(), 500);
  assert.deepEqual(await gate.apply(world(rule, shown, authorities(upstream.certificate))), []);
  assert.equal(await ask(), 200);
});
