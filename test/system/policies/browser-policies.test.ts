/** Policies that tell browsers what they may do, by a real Envoy. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
let stage: NginxStage;

before(async () => {
  stage = everything.use(await startNginxStage());
});

after(() => everything.disposeAsync());

const { certificate, key } = selfSigned(["shop.test"]);

function world(rule: string): string {
  return `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: shop }
spec:
  host: shop.test
  tls: { secret: shop }
  policies: [{ name: browsers }]
  upstreams: [{ name: tea, service: tea-svc, port: 80 }]
  routes:
    - path: /
      action: { pass: tea }
    - path: /answer
      action: { return: { body: tea } }
    - path: /elsewhere
      action: { redirect: { url: "https://elsewhere.test/" } }
    - path: /closed
      policies: [{ name: nobody }]
      action: { pass: tea }
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: browsers }
spec: ${rule}
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: nobody }
spec: { accessControl: { allow: [192.0.2.1] } }
---
apiVersion: v1
kind: Secret
metadata: { name: shop }
type: kubernetes.io/tls
data: { tls.crt: ${btoa(certificate)}, tls.key: ${btoa(key)} }
`;
}

const some = `{ cors: {
  allowOrigin: ["https://app.example.com", "https://*.example.org:8443", "http://localhost"],
  allowMethods: [GET, PUT], allowHeaders: [X-Token, Content-Type], exposeHeaders: [X-Total],
  allowCredentials: true, maxAge: 3600 } }`;

async function allowedFor(origin: string, path = "/"): Promise<string | undefined> {
  const { headers } = await stage.ask(`http://shop.test${path}`, { headers: { origin } });
  return headers["access-control-allow-origin"];
}

test("an origin is told that it may ask when it is listed, and no other one", async () => {
  await stage.apply(world(some));
  const listed = [
    "https://app.example.com",
    "HTTPS://APP.example.com",
    "https://a.example.org:8443",
    "http://localhost",
  ];
  for (const origin of listed)
    for (const path of ["/", "/answer", "/elsewhere"])
      assert.equal(await allowedFor(origin, path), origin, `${origin} ${path}`);
  const others = [
    "http://app.example.com",
    "https://app.example.com.evil.test",
    "https://appXexample.com",
    "https://a.b.example.org:8443",
    "https://a.example.org",
    "https://.example.org:8443",
    "null",
  ];
  for (const origin of others) assert.equal(await allowedFor(origin), undefined, origin);
  const { headers } = await stage.ask("http://shop.test/");
  assert.equal(headers["access-control-allow-origin"], undefined);
  assert.equal(headers["vary"], "Origin");
});

test("what a browser asks beforehand is answered with 204, before anybody is turned away", async () => {
  await stage.apply(world(some));
  for (const path of ["/", "/closed"]) {
    const asked = { method: "OPTIONS", headers: { origin: "http://localhost" } };
    const { status, headers, seen } = await stage.ask(`http://shop.test${path}`, asked);
    assert.equal(status, 204);
    assert.equal(seen, undefined);
    assert.equal(headers["access-control-allow-origin"], "http://localhost");
    assert.equal(headers["access-control-allow-methods"], "GET, PUT");
    assert.equal(headers["access-control-allow-headers"], "X-Token, Content-Type");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.equal(headers["access-control-max-age"], "3600");
  }
  assert.equal((await stage.ask("http://shop.test/closed")).status, 403);
});

test("every origin may ask where all are meant", async () => {
  await stage.apply(world(`{ cors: { allowOrigin: ["*"] } }`));
  assert.equal(await allowedFor("https://anybody.test"), "*");
});

test("browsers are told to keep to HTTPS over HTTPS alone", async () => {
  await stage.apply(
    world("{ hsts: { maxAge: 31536000, includeSubDomains: true, preload: true } }"),
  );
  const value = "max-age=31536000; includeSubDomains; preload";
  for (const path of ["/", "/answer", "/elsewhere"]) {
    const tls = { serverName: "shop.test" };
    const secure = await sendText(
      { port: stage.gate.https, tls },
      http1Text(path, ["Host: shop.test"]),
    );
    assert.equal(secure.headers["strict-transport-security"], value, path);
    const { headers } = await stage.ask(`http://shop.test${path}`);
    assert.equal(headers["strict-transport-security"], undefined, path);
  }
});
