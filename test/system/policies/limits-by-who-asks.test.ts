/** Limits by tokens and keys, through the real pipeline, a real Envoy and the real adapter. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { generateJwk, signToken } from "#test/fakes/certificates/signed-token.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
let gate: TestGate;

after(() => everything.disposeAsync());

const key = generateJwk("ES256");

function object(kind: string, name: string, body: object): KubeObject {
  const namespace = "default";
  return {
    apiVersion: kind === "Secret" ? "v1" : "k8s.nginx.org/v1",
    kind,
    metadata: {
      ...{ name, namespace, uid: `${kind}-${name}`, generation: 1, resourceVersion: "1" },
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...{ labels: {}, annotations: {}, finalizers: [], ownerReferences: [] },
    },
    body: JSON.parse(JSON.stringify(body)) as JsonObject,
  };
}

function secret(name: string, type: string, entries: Readonly<Record<string, string>>): KubeObject {
  const data = Object.fromEntries(Object.entries(entries).map(([id, text]) => [id, btoa(text)]));
  return object("Secret", name, { type, data });
}

/** Premium clients may come three at once, all others one; and nobody again within the minute. */
const gold = { rate: "1r/m", burst: 2, noDelay: true, zoneSize: "1m", rejectCode: 429 };
const tin = { rate: "1r/m", zoneSize: "1m" };
const level = (match: string, more: object = {}): object => ({
  key: `\${jwt_claim_sub}`,
  condition: { jwt: { claim: "user.level", match }, ...more },
});
const client = (match: string, more: object = {}): object => ({
  key: `\${apikey_client_name}`,
  condition: { variables: [{ name: "$apikey_client_name", match }], ...more },
});

const rules: Readonly<Record<string, object>> = {
  signed: { jwt: { realm: "shop", secret: "jwk" } },
  keys: { apiKey: { suppliedIn: { header: ["X-Key"] }, clientSecret: "clients" } },
  premium: { rateLimit: { ...gold, ...level("Premium") } },
  basic: { rateLimit: { ...tin, ...level("Basic", { default: true }) } },
  "premium-client": { rateLimit: { ...gold, ...client("~-premium$") } },
  "other-client": { rateLimit: { ...tin, ...client("~-basic$", { default: true }) } },
};

function server(name: string, policies: readonly string[], paths: readonly string[]): KubeObject {
  return object("VirtualServer", name, {
    spec: {
      host: name,
      policies: policies.map((one) => ({ name: one })),
      routes: paths.map((path) => ({ path, action: { return: { body: path } } })),
    },
  });
}

before(async () => {
  gate = everything.use(await startTestGate({ adapter: true }));
  const world = [
    ...Object.entries(rules).map(([name, spec]) => object("Policy", name, { spec })),
    secret("jwk", "nginx.org/jwk", { jwk: JSON.stringify({ keys: [key.published] }) }),
    secret("clients", "nginx.org/apikey", { "a-premium": "1", "b-premium": "2", "c-basic": "3" }),
    server("signed.test", ["signed", "premium", "basic"], ["/a", "/b"]),
    server("*.signed.test", ["signed", "premium", "basic"], ["/a"]),
    server("unsigned.test", ["premium", "basic"], ["/"]),
    server("keys.test", ["keys", "premium-client", "other-client"], ["/"]),
  ];
  assert.deepEqual(await gate.apply(world), []);
});

/** What four requests are answered, one after another. */
async function four(host: string, path: string, ...lines: readonly string[]): Promise<number[]> {
  const text = http1Text(path, [`Host: ${host}`, ...lines]);
  const answers: number[] = [];
  for (let turn = 0; turn < 4; turn += 1)
    answers.push((await sendText({ port: gate.http }, text)).status);
  return answers;
}

const bearer = (claims: object, signer = key): string =>
  `Authorization: Bearer ${signToken(signer, claims)}`;
const premium = { user: { level: "Premium" } };

test("two tokens with different claims have different limits, which the routes of a server share", async () => {
  const [ann, bob] = [bearer({ sub: "ann", ...premium }), bearer({ sub: "bob", user: {} })];
  assert.deepEqual(await four("signed.test", "/a", ann), [200, 200, 200, 429]);
  assert.deepEqual(await four("signed.test", "/b", ann), [429, 429, 429, 429]);
  assert.deepEqual(await four("signed.test", "/a", bob), [200, 429, 429, 429]);
  assert.deepEqual(await four("a.signed.test", "/a", ann), [200, 200, 200, 429]);
});

test("a forged token and none at all have the default limit together, whatever they claim", async () => {
  const forged = bearer({ sub: "eve", ...premium }, generateJwk("ES256", key.id));
  assert.deepEqual(await four("signed.test", "/a", forged), [401, 429, 429, 429]);
  assert.deepEqual(await four("signed.test", "/a"), [429, 429, 429, 429]);
});

test("without a rule for tokens they are believed, and who has none has the default limit", async () => {
  const made = bearer({ sub: "eve", ...premium }, generateJwk("HS256"));
  assert.deepEqual(await four("unsigned.test", "/", made), [200, 200, 200, 429]);
  assert.deepEqual(await four("unsigned.test", "/"), [200, 429, 429, 429]);
});

test("clients have the limit of their name, and who is nobody's has the default one", async () => {
  assert.deepEqual(await four("keys.test", "/", "X-Key: 1"), [200, 200, 200, 429]);
  assert.deepEqual(await four("keys.test", "/", "X-Key: 2"), [200, 200, 200, 429]);
  assert.deepEqual(await four("keys.test", "/", "X-Key: 3"), [200, 429, 429, 429]);
  assert.deepEqual(await four("keys.test", "/", "X-Key: wrong"), [403, 429, 429, 429]);
  assert.deepEqual(await four("keys.test", "/"), [429, 429, 429, 429]);
});
