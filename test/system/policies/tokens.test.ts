/** Signed tokens through the real pipeline, a real Envoy and the real adapter. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAuthService } from "#test/fakes/auth-service.ts";
import { generateJwk, signToken } from "#test/fakes/certificates/signed-token.ts";
import { type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";

const rsa = generateJwk("RS256");
const shared = generateJwk("HS256");
const stranger = generateJwk("RS256", rsa.id);

const everything = new AsyncDisposableStack();
let stage: NginxStage;
let keysPort = 0;

before(async () => {
  const body = JSON.stringify({ keys: [rsa.published] });
  const keys = everything.use(await startAuthService(() => ({ status: 200, body })));
  keysPort = keys.port;
  stage = everything.use(await startNginxStage({ adapter: true }));
});

after(() => everything.disposeAsync());

const stored = JSON.stringify({ keys: [rsa.published, shared.published] });

/** Two hosts, exact and wildcard, that show who has a token a cup of tea. */
function world(policies: string, keySet = stored): string {
  const server = (name: string, host: string): string => `---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: ${name} }
spec:
  host: "${host}"
  policies: [{ name: token }]
  upstreams: [{ name: tea, service: tea-svc, port: 80 }]
  routes: [{ path: /, action: { pass: tea } }]
`;
  return `${server("exact", "shop.test")}${server("wildcard", "*.shop.test")}---
apiVersion: v1
kind: Secret
metadata: { name: keys }
type: nginx.org/jwk
stringData: { jwk: '${keySet}' }
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: token }
spec: ${policies}
`;
}

const inSecret = "{ jwt: { realm: Tea, secret: keys } }";
const seconds = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
const hosts = ["shop.test", "a.shop.test"];

async function statusOf(host: string, token?: string): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await stage.ask(`http://${host}/`, { headers })).status;
}

test("who shows a good token passes on every host; one that is expired, forged or missing does not", async () => {
  await stage.apply(world(inSecret));
  const exp = seconds + 3600;
  for (const host of hosts) {
    assert.equal(await statusOf(host, signToken(rsa, { exp })), 200);
    assert.equal(await statusOf(host, signToken(shared, { exp })), 200);
    assert.equal(await statusOf(host, signToken(rsa, { exp: seconds - 1 })), 401);
    assert.equal(await statusOf(host, signToken(rsa, { nbf: exp })), 401);
    assert.equal(await statusOf(host, signToken(stranger, { exp })), 401);
    assert.equal(await statusOf(host, "no.token.atall"), 401);
    assert.equal(await statusOf(host), 401);
  }
});

test("the answer to who shows none names the realm", async () => {
  await stage.apply(world(inSecret));
  const { headers } = await stage.ask("http://shop.test/");
  assert.equal(headers["www-authenticate"], 'Bearer realm="Tea"');
});

test("another key set is in force without a new route, and one that is none closes what it protects", async () => {
  await stage.apply(world(inSecret));
  const token = signToken(rsa, {});
  assert.equal(await statusOf("shop.test", token), 200);
  await stage.apply(world(inSecret, JSON.stringify({ keys: [shared.published] })));
  assert.equal(await statusOf("shop.test", token), 401);
  await stage.apply(world(inSecret, "no key set"));
  assert.equal(await statusOf("shop.test", token), 500);
  assert.ok(stage.gate.pipeline.findings().some(({ reason }) => reason === "ProtectionNotUsable"));
});

test("Envoy knows no symmetric key", async () => {
  await stage.apply(world(inSecret));
  const dump = await stage.gate.admin("/config_dump?include_eds");
  assert.ok(dump.includes("sekisho.policies"));
  assert.ok(!dump.includes(String(shared.published["k"])));
});

test("keys may be published; while nobody publishes them nobody passes", async () => {
  const at = (port: number): string =>
    world(`{ jwt: { realm: Tea, jwksURI: "http://127.0.0.1:${port}/certs", token: $arg_jwt } }`);
  await stage.apply(at(keysPort));
  const good = `http://shop.test/?jwt=${signToken(rsa, {})}`;
  assert.equal((await stage.ask(good)).status, 200);
  assert.equal((await stage.ask(`http://shop.test/?jwt=${signToken(stranger, {})}`)).status, 401);
  await stage.apply(at(1));
  assert.equal((await stage.ask(good)).status, 500);
});
