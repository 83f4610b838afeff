/** Users who sign in at a provider, through the real pipeline, a real Envoy and the real adapter. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type IdentityProvider,
  startIdentityProvider,
} from "#test/fakes/certificates/identity-provider.ts";
import { type Answer, type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";

const everything = new AsyncDisposableStack();
let stage: NginxStage;
let provider: IdentityProvider;

before(async () => {
  provider = everything.use(await startIdentityProvider());
  stage = everything.use(await startNginxStage({ adapter: true }));
});

after(() => everything.disposeAsync());

const hosts = ["shop.test", "a.shop.test"];

function world(secret = provider.clientSecret): string {
  const server = (name: string, host: string): string => `---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: ${name} }
spec:
  host: "${host}"
  upstreams: [{ name: tea, service: tea-svc, port: 80 }]
  routes:
    - { path: /open, action: { pass: tea } }
    - { path: /staff, policies: [{ name: staff }], action: { pass: tea } }
`;
  return `${server("exact", "shop.test")}${server("wildcard", "*.shop.test")}---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: staff }
spec:
  oidc:
    clientID: ${provider.clientId}
    clientSecret: provider
    authEndpoint: https://id.test/auth
    tokenEndpoint: http://${provider.address}/token
    jwksURI: http://${provider.address}/certs
    accessTokenEnable: true
---
apiVersion: v1
kind: Secret
metadata: { name: provider }
type: nginx.org/oidc
data: { client-secret: ${btoa(secret)} }
`;
}

function ask(host: string, path: string, cookie = ""): Promise<Answer> {
  const headers = { username: "root", ...(cookie === "" ? {} : { cookie }) };
  return stage.ask(`http://${host}${path}`, { headers });
}

function cookieOf({ headers }: Answer): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

async function signIn(host: string): Promise<Answer> {
  const sent = await ask(host, "/staff/plans?a=b");
  assert.equal(sent.status, 302);
  assert.equal(sent.seen, undefined);
  return await ask(host, provider.signIn(sent.headers.location ?? ""), cookieOf(sent));
}

test("who signed in passes on every host, as who it is; nobody else does", async () => {
  await stage.apply(world());
  for (const host of hosts) {
    assert.equal((await ask(host, "/open")).status, 200);
    const back = await signIn(host);
    assert.equal(back.status, 302);
    assert.equal(back.headers.location, `http://${host}/staff/plans?a=b`);
    const passed = await ask(host, "/staff/plans", `x=1; ${cookieOf(back)}`);
    assert.equal(passed.status, 200);
    assert.equal(passed.seen?.headers["username"], "alice");
    assert.equal(passed.seen?.headers.authorization, "Bearer an access token");
    assert.equal(passed.seen?.headers.cookie, "x=1");
    assert.equal((await ask(host, "/staff", `${cookieOf(back)}x`)).status, 302);
    assert.equal((await ask(host, "/_codexch?code=x&state=y")).status, 403);
    assert.equal((await ask(host, "/logout")).status, 302);
    assert.equal((await ask(host, "/_logout")).status, 200);
  }
});

test("a Secret that is missing closes what it protects; another one ends all sessions", async () => {
  await stage.apply(world());
  const cookie = cookieOf(await signIn("shop.test"));
  assert.equal((await ask("shop.test", "/staff", cookie)).status, 200);
  await stage.apply(world("another secret"));
  assert.equal((await ask("shop.test", "/staff", cookie)).status, 302);
  await stage.apply(world().replace("name: provider }\ntype", "name: elsewhere }\ntype"));
  assert.equal((await ask("shop.test", "/staff", cookie)).status, 500);
});

test("Envoy knows no client secret", async () => {
  await stage.apply(world());
  const dump = await stage.gate.admin("/config_dump?include_eds");
  assert.ok(dump.includes("sekisho.policies"));
  assert.ok(!dump.includes(provider.clientSecret));
});
