/** Routes that name policies wait until the authorization adapter beside their Envoy has them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";

const needs = [{ type: "policy", name: "p" }] as const;
const policy = resource("policy", "p", "who may pass");

/** Routes that name a policy, wanted by Envoy `a`. */
async function protectedRoutes(harness: XdsHarness): Promise<ReturnType<XdsHarness["client"]>> {
  harness.xds.publish({
    set: [policy, resource("routes", "r", "protected", { needs })],
    removed: [],
  });
  harness.xds.open();
  const envoy = harness.client("a");
  envoy.ask("routes", { subscribe: ["r"] });
  return envoy;
}

const typesOf = (deliveries: readonly { readonly type: string }[]): readonly string[] =>
  deliveries.map(({ type }) => type);

test("routes are sent once the adapter has acknowledged their policies", async (t) => {
  const harness = await startXds(t);
  const envoy = await protectedRoutes(harness);
  assert.deepEqual(typesOf(await envoy.drain()), []);
  const adapter = harness.client("a");
  adapter.ask("policy");
  const delivery = await adapter.next();
  assert.deepEqual(delivery.versions, { p: policy.version });
  assert.deepEqual(typesOf(await envoy.drain()), []);
  adapter.acknowledge(delivery);
  assert.deepEqual((await envoy.accept()).texts, { r: "protected" });
});

test("an adapter that comes back with a policy has it; another Envoy's adapter does not count", async (t) => {
  const harness = await startXds(t);
  const envoy = await protectedRoutes(harness);
  const initialVersions = { p: policy.version };
  harness.client("b").ask("policy", { initialVersions });
  assert.deepEqual(typesOf(await envoy.drain()), []);
  harness.client("a").ask("policy", { initialVersions });
  assert.deepEqual((await envoy.accept()).texts, { r: "protected" });
});

test("without an adapter the first routes go out after 30 s: what answers behind them is closed", async (t) => {
  const harness = await startXds(t);
  const envoy = await protectedRoutes(harness);
  assert.deepEqual(typesOf(await envoy.drain()), []);
  await harness.clock.advance({ seconds: 31 });
  assert.deepEqual((await envoy.accept()).texts, { r: "protected" });
});

test("an Envoy is never sent a policy, whatever it asks for, and an adapter nothing else", async (t) => {
  const harness = await startXds(t);
  const envoy = await protectedRoutes(harness);
  envoy.ask("policy", { subscribe: ["*", "p"] });
  assert.deepEqual(typesOf(await envoy.drain()), []);
  const adapter = harness.client("a");
  adapter.ask("policy");
  adapter.ask("routes", { subscribe: ["r"] });
  assert.equal((await adapter.accept()).type, "policy");
  assert.deepEqual((await envoy.accept()).texts, { r: "protected" });
  assert.equal(adapter.waiting, 0);
});

test("an adapter is no proxy: what is programmed does not wait for what only Envoys ask for", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [policy], removed: [] });
  harness.xds.open();
  const adapter = harness.client("a");
  adapter.ask("policy");
  await adapter.accept();
  const envoy = harness.client("a");
  for (const type of ["cluster", "listener", "scope"] as const) envoy.ask(type);
  await envoy.drain();
  assert.deepEqual(await harness.xds.programmed(), { proxies: 1, refused: [] });
  assert.deepEqual(harness.xds.standings("policy", "p", policy.version).length, 1);
});

const elsewhere = { status: "14", message: "connect anew" };

test("among replicas, an adapter whose Envoy is not here is sent away, so that it looks for it", async (t) => {
  const harness = await startXds(t, { isReplicated: true });
  harness.xds.publish({ set: [policy], removed: [] });
  harness.xds.open();
  const adapter = harness.client("a");
  adapter.ask("policy");
  harness.client("b").ask("cluster");
  await adapter.accept();
  await harness.clock.advance({ seconds: 2 });
  assert.deepEqual(await adapter.ended, elsewhere);
});

test("among replicas, an adapter stays for as long as its Envoy does", async (t) => {
  const harness = await startXds(t, { isReplicated: true });
  const envoy = await protectedRoutes(harness);
  await envoy.drain();
  const adapter = harness.client("a");
  adapter.ask("policy");
  await adapter.accept();
  await harness.clock.advance({ minutes: 1 });
  assert.deepEqual(await updated(harness, adapter), ["p"]);
  await envoy[Symbol.asyncDispose]();
  while (harness.xds.proxies().length > 1) await setImmediate();
  await harness.clock.advance({ seconds: 2 });
  assert.deepEqual(await adapter.ended, elsewhere);
});

test("where there is one control plane, an adapter waits for its Envoy", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [policy], removed: [] });
  harness.xds.open();
  const adapter = harness.client("a");
  adapter.ask("policy");
  await adapter.accept();
  await harness.clock.advance({ minutes: 1 });
  assert.deepEqual(await updated(harness, adapter), ["p"]);
});

/** Names that an adapter is sent when its policy changes. */
async function updated(
  { xds }: XdsHarness,
  adapter: ReturnType<XdsHarness["client"]>,
): Promise<readonly string[]> {
  xds.publish({ set: [resource("policy", "p", "who else may pass")], removed: [] });
  return Object.keys((await adapter.accept()).versions);
}
