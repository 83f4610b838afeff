/** Wildcards on the wire: the index by which they are found comes with a proxy's first scopes, and later behind their routes. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Resource } from "#envoy/resource.ts";
import { wildcardIndexName } from "#envoy/routes/wildcard-index.ts";
import type { DeltaClient } from "#test/fakes/delta-client.ts";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";

const scope = (name: string): Resource =>
  resource("scope", name, name, { uses: [{ type: "routes", name }] });
const wildcardRoutes = (name: string): Resource => resource("routes", name, "1");
const index = (...names: readonly string[]): Resource =>
  resource("scope", wildcardIndexName, names.join(), {
    needs: names.map((name) => ({ type: "routes", name })),
    uses: names.map((name) => ({ type: "scope", name })),
  });

const everything = (...names: readonly string[]): readonly Resource[] => [
  ...names.flatMap((name) => [scope(name), wildcardRoutes(name)]),
  index(...names),
];

async function startWith(t: TestContext, ...names: readonly string[]): Promise<XdsHarness> {
  const harness = await startXds(t);
  harness.xds.publish({ set: everything(...names), removed: [] });
  harness.xds.open();
  return harness;
}

test("a wildcard that came while nobody was there is entered once its routes are there", async (t) => {
  const harness = await startWith(t, "host/*.w", "host/*.h");
  const client = harness.client("p");
  client.ask("routes", {
    subscribe: ["host/*.w"],
    initialVersions: { "host/*.w": wildcardRoutes("host/*.w").version },
  });
  client.ask("scope", {
    initialVersions: {
      "host/*.w": scope("host/*.w").version,
      [wildcardIndexName]: index("host/*.w").version,
    },
  });
  assert.deepEqual(Object.keys((await client.accept()).texts), ["host/*.h"]);
  client.ask("routes", { subscribe: ["host/*.h"] });
  assert.deepEqual(Object.keys((await client.accept()).texts), ["host/*.h"]);
  assert.deepEqual(Object.keys((await client.accept()).texts), [wildcardIndexName]);
  await harness.xds.programmed();
});

/**
 * Begins as Envoy does: it asks for everything, and its listener turns active once the routes of the first scopes are
 * there. Returns the names of the scopes that are in force then.
 */
async function begin(client: DeltaClient): Promise<readonly string[]> {
  client.ask("scope");
  const first = await client.next();
  assert.equal(first.type, "scope");
  const scopes = Object.keys(first.versions);
  const waitsFor = new Set(scopes.filter((name) => name !== wildcardIndexName));
  client.ask("routes", { subscribe: [...waitsFor] });
  client.acknowledge(first);
  while (waitsFor.size > 0) {
    const { type, versions } = await client.accept();
    if (type === "routes") for (const name of Object.keys(versions)) waitsFor.delete(name);
    else scopes.push(...Object.keys(versions));
  }
  return scopes.sort();
}

test("a listener that begins finds its wildcards from its first request on", async (t) => {
  const harness = await startWith(t, "host/*.h", "host/*.w");
  const inForce = await begin(harness.client("p"));
  assert.deepEqual(inForce, ["host/*.h", "host/*.w", wildcardIndexName]);
});

test("so it does when it asked before anything was known", async (t) => {
  const harness = await startXds(t);
  harness.xds.open(["cluster"]);
  const client = harness.client("p");
  client.ask("scope");
  client.ask("cluster");
  assert.equal((await client.accept()).type, "cluster");
  harness.xds.publish({ set: everything("host/*.h"), removed: [] });
  harness.xds.open();
  const { versions } = await client.accept();
  assert.deepEqual(Object.keys(versions).sort(), ["host/*.h", wildcardIndexName]);
});

test("a wildcard that comes later is entered once its routes are acknowledged", async (t) => {
  const harness = await startWith(t, "host/*.h");
  const client = harness.client("p");
  await begin(client);
  harness.xds.publish({ set: everything("host/*.h", "host/*.w"), removed: [] });
  assert.deepEqual(Object.keys((await client.accept()).versions), ["host/*.w"]);
  assert.deepEqual(await client.drain(), []);
  client.ask("routes", { subscribe: ["host/*.w"] });
  const routes = await client.next();
  assert.deepEqual([routes.type, Object.keys(routes.versions)], ["routes", ["host/*.w"]]);
  assert.equal(client.waiting, 0);
  client.acknowledge(routes);
  assert.deepEqual(Object.keys((await client.accept()).versions), [wildcardIndexName]);
});
