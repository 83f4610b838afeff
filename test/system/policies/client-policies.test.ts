/** Policies about addresses and rates, by a real Envoy: also those that come, change and go while it runs. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
let gate: TestGate;

before(async () => {
  gate = everything.use(await startTestGate());
});

after(() => everything.disposeAsync());

type Rules = Readonly<Record<string, object>>;

/** A Policy for each rule, and a VirtualServer whose paths have the policies of that name. */
function world(rules: Rules, routes: Readonly<Record<string, readonly string[]>>): KubeObject[] {
  const policies = Object.entries(rules).map(([name, spec]) => object("Policy", name, spec));
  const server = object("VirtualServer", "shop", {
    host: "shop.test",
    routes: Object.entries(routes).map(([path, names]) => ({
      path,
      policies: names.map((name) => ({ name })),
      action: { return: { body: path } },
    })),
  });
  return [...policies, server];
}

function object(kind: string, name: string, spec: object): KubeObject {
  const namespace = "default";
  return {
    apiVersion: "k8s.nginx.org/v1",
    kind,
    metadata: {
      ...{ name, namespace, uid: `${kind}-${name}`, generation: 1, resourceVersion: "1" },
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...{ labels: {}, annotations: {}, finalizers: [], ownerReferences: [] },
    },
    body: JSON.parse(JSON.stringify({ spec })) as JsonObject,
  };
}

async function ask(path: string, ...lines: readonly string[]): Promise<number> {
  const text = http1Text(path, ["Host: shop.test", ...lines]);
  return (await sendText({ port: gate.http }, text)).status;
}

test("a policy that is missing keeps everybody out, and does what it says as soon as it is there", async () => {
  const routes = { "/": ["office"] };
  assert.deepEqual(await gate.apply(world({}, routes)), []);
  assert.equal(await ask("/"), 500);
  const away = { accessControl: { allow: ["203.0.113.0/24"] } };
  assert.deepEqual(await gate.apply(world({ office: away }, routes)), []);
  assert.equal(await ask("/"), 403);
  const here = { accessControl: { allow: ["127.0.0.0/8"] } };
  assert.deepEqual(await gate.apply(world({ office: here }, routes)), []);
  assert.equal(await ask("/"), 200);
  assert.deepEqual(await gate.apply(world({ office: {} }, routes)), []);
  assert.equal(await ask("/"), 500);
});

const hourly = { rate: "1r/m", key: `\${http_x_user}`, zoneSize: "1m" };

test("each key has an allowance of its own, which the routes of a server share", async () => {
  const rules = { limit: { rateLimit: { ...hourly, burst: 1, noDelay: true } } };
  const routes = { "/a": ["limit"], "/b": ["limit"], "/open": [] };
  assert.deepEqual(await gate.apply(world(rules, routes)), []);
  assert.equal(await ask("/a", "X-User: ann"), 200);
  assert.equal(await ask("/b", "X-User: ann"), 200);
  assert.equal(await ask("/a", "X-User: ann"), 503);
  assert.equal(await ask("/b", "X-User: ann"), 503);
  assert.equal(await ask("/b", "X-User: bob"), 200);
  assert.equal(await ask("/open", "X-User: ann"), 200);
  assert.equal(await ask("/a"), 200);
});

test("all limits apply, the first says what is answered, and one that runs dry turns nobody away", async () => {
  const rules = {
    wide: { rateLimit: { ...hourly, burst: 100, noDelay: true, rejectCode: 429 } },
    narrow: { rateLimit: { ...hourly, key: `\${http_x_user}\${request_uri}` } },
    dry: { rateLimit: { ...hourly, key: "everybody", dryRun: true } },
  };
  const routes = { "/": ["wide", "narrow", "dry"] };
  assert.deepEqual(await gate.apply(world(rules, routes)), []);
  assert.equal(await ask("/a", "X-User: ann"), 200);
  assert.equal(await ask("/a", "X-User: ann"), 429);
  assert.equal(await ask("/b", "X-User: ann"), 200);
  assert.equal(await ask("/a", "X-User: bob"), 200);
  assert.equal(await ask("/c"), 200);
  assert.equal(await ask("/c"), 429);
});

test("argument and address are keys, and more in a second than Envoy fills buckets is no problem", async () => {
  const rules = {
    address: { rateLimit: { ...hourly, key: `\${binary_remote_addr}` } },
    argument: { rateLimit: { ...hourly, key: `\${arg_user}` } },
    both: { rateLimit: { ...hourly, key: `\${binary_remote_addr}-\${arg_user}` } },
    fast: { rateLimit: { ...hourly, rate: "100000r/s", burst: 100 } },
  };
  const routes = { "/a": ["address"], "/b": ["argument"], "/c": ["both"], "/d": ["fast"] };
  assert.deepEqual(await gate.apply(world(rules, routes)), []);
  assert.deepEqual([await ask("/a"), await ask("/a")], [200, 503]);
  assert.deepEqual([await ask("/b?user=1"), await ask("/b?user=1")], [200, 503]);
  assert.deepEqual([await ask("/b?user=2"), await ask("/b")], [200, 200]);
  assert.deepEqual([await ask("/c?user=1"), await ask("/c?user=1")], [200, 503]);
  assert.deepEqual([await ask("/c?user=2"), await ask("/c"), await ask("/c")], [200, 200, 503]);
  assert.deepEqual([await ask("/d"), await ask("/d")], [200, 200]);
});

test("of limits with conditions each counts its own requests, and the default what is left", async () => {
  const tier = (match: string, isDefault = false): object => ({
    rateLimit: {
      ...{ rate: "1r/m", key: "everybody" },
      condition: { default: isDefault, variables: [{ name: "$http_x_tier", match }] },
    },
  });
  const rules = { gold: tier("GOLD"), tin: tier("~^tin-"), rest: tier("none", true) };
  assert.deepEqual(await gate.apply(world(rules, { "/": Object.keys(rules) })), []);
  const asTier = (name: string): Promise<number> => ask("/", `X-Tier: ${name}`);
  assert.deepEqual([await asTier("gold"), await asTier("tin-1"), await ask("/")], [200, 200, 200]);
  assert.deepEqual([await asTier("Gold"), await asTier("tin-2")], [503, 503]);
  assert.equal(await asTier("brass"), 503, "it shares what is left with those who say nothing");
});
