/** What a proxy that begins is told while everything is still being published, and what it is kept from serving without. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resource } from "#envoy/resource.ts";
import { everyHostName } from "#envoy/routes/scope.ts";
import type { DeltaClient } from "#test/fakes/delta-client.ts";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";

const scope = (name: string): Resource =>
  resource("scope", name, name, { uses: [{ type: "routes", name }] });
const routes = (name: string, text = "1"): Resource => resource("routes", name, text);
const host = (name: string): readonly Resource[] => [scope(name), routes(name)];

let asked = 0;

/** Everything that was to be sent has been: twice, since what is asked for here goes before routes and scopes. */
async function sentNothing(harness: XdsHarness, client: DeltaClient): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    asked += 1;
    publish(harness, resource("secret", `asked-${asked}`, "1"));
    client.ask("secret", { subscribe: [`asked-${asked}`] });
    assert.equal((await client.accept()).type, "secret");
  }
}

function publish({ xds }: XdsHarness, ...set: readonly Resource[]): void {
  xds.publish({ set, removed: [] });
}

test("before everything is published, a proxy that has nothing is told what there is", async (t) => {
  const harness = await startXds(t);
  const client = harness.client("p");
  client.ask("cluster");
  client.ask("scope");
  publish(harness, resource("cluster", "c", "1"), ...host(everyHostName));
  assert.equal(client.waiting, 0);
  harness.xds.begin();
  assert.deepEqual(Object.keys((await client.accept()).versions), ["c"]);
  assert.deepEqual(Object.keys((await client.accept()).versions), [everyHostName]);
  publish(harness, ...host("host/a"));
  assert.deepEqual(Object.keys((await client.accept()).versions), ["host/a"]);
});

test("the routes for every host are kept back until the proxy has all scopes", async (t) => {
  const harness = await startXds(t);
  publish(harness, ...host(everyHostName));
  harness.xds.begin();
  const client = harness.client("p");
  client.ask("scope");
  assert.deepEqual(Object.keys((await client.accept()).versions), [everyHostName]);
  client.ask("routes", { subscribe: [everyHostName] });
  await sentNothing(harness, client);
  publish(harness, ...host("host/a"));
  harness.xds.open();
  const rest = await client.next();
  assert.deepEqual(Object.keys(rest.versions), ["host/a"]);
  await sentNothing(harness, client);
  client.acknowledge(rest);
  const last = await client.accept();
  assert.deepEqual([last.type, Object.keys(last.versions)], ["routes", [everyHostName]]);
});

test("the scope for every host is among the first, whatever was published before it", async (t) => {
  const harness = await startXds(t, { limits: { maxResponseBytes: 1 } });
  publish(harness, ...host("host/a"));
  harness.xds.begin();
  const client = harness.client("p");
  client.ask("scope");
  await sentNothing(harness, client);
  publish(harness, ...host(everyHostName));
  assert.deepEqual(Object.keys((await client.accept()).versions), [everyHostName]);
  assert.deepEqual(Object.keys((await client.accept()).versions), ["host/a"]);
});

test("a proxy that comes with something is told nothing before everything is published", async (t) => {
  const harness = await startXds(t);
  publish(harness, ...host(everyHostName), resource("scope", "host/a", "early"));
  harness.xds.begin();
  const connected = Promise.withResolvers<void>();
  harness.xds.subscribe({ connected: () => connected.resolve() });
  const client = harness.client("p");
  client.ask("scope", { initialVersions: { "host/gone": "old" } });
  await connected.promise;
  publish(harness, resource("scope", "host/a", "late"));
  harness.xds.open();
  assert.equal((await client.accept()).texts["host/a"], "late");
  assert.deepEqual((await client.accept()).removed, ["host/gone"]);
});

test("one whose stream broke off on its way waits for the rest", async (t) => {
  const harness = await startXds(t);
  publish(harness, ...host(everyHostName), ...host("host/a"));
  harness.xds.open();
  const client = harness.client("p");
  client.ask("scope", { initialVersions: { [everyHostName]: scope(everyHostName).version } });
  client.ask("routes", { subscribe: [everyHostName] });
  const rest = await client.next();
  assert.deepEqual([rest.type, Object.keys(rest.versions)], ["scope", ["host/a"]]);
  await sentNothing(harness, client);
  client.acknowledge(rest);
  assert.deepEqual(Object.keys((await client.accept()).versions), [everyHostName]);
});

test("one that serves already is not kept from what changes for every host", async (t) => {
  const harness = await startXds(t);
  publish(harness, scope(everyHostName), routes(everyHostName, "2"), ...host("host/a"));
  harness.xds.open();
  const client = harness.client("p");
  client.ask("scope", { initialVersions: { [everyHostName]: scope(everyHostName).version } });
  client.ask("routes", {
    subscribe: [everyHostName],
    initialVersions: { [everyHostName]: routes(everyHostName, "1").version },
  });
  const sent = [await client.next(), await client.next()].map(({ type }) => type);
  assert.deepEqual(sent.sort(), ["routes", "scope"]);
});

test("that a name is not there is said only when everything is published", async (t) => {
  const harness = await startXds(t);
  publish(harness, resource("cluster", "c", "1"));
  harness.xds.begin();
  const client = harness.client("p");
  client.ask("cluster");
  assert.deepEqual(Object.keys((await client.accept()).versions), ["c"]);
  client.ask("endpoints", { subscribe: ["c", "late"] });
  await sentNothing(harness, client);
  publish(harness, resource("endpoints", "c", "1"));
  assert.deepEqual(Object.keys((await client.accept()).versions), ["c"]);
  harness.xds.open();
  assert.deepEqual((await client.accept()).removed, ["late"]);
});
