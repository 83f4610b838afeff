/** Make before break on the wire: what refers waits for what it refers to, and that stays while it is referred to. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { encodeResource } from "#envoy/encode.ts";
import type { Resource } from "#envoy/resource.ts";
import { withoutClusters } from "#envoy/routes/closed-routes.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import type { DeltaClient } from "#test/fakes/delta-client.ts";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";

const cluster = (name: string, text = "1"): Resource =>
  resource("cluster", name, text, { uses: [{ type: "endpoints", name }] });
const endpoints = (name: string, text = "1"): Resource => resource("endpoints", name, text);
const routes = (to: string): Resource =>
  resource("routes", "r", `to ${to}`, { needs: [{ type: "cluster", name: to }] });

/** Routes that answer 401 for one path and lead to a cluster for the rest. */
function guardedRoutes(to: string): Resource {
  const message = create(RouteConfigurationSchema, {
    name: "r",
    virtualHosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          {
            match: { pathSpecifier: { case: "prefix", value: "/private" } },
            action: { case: "directResponse", value: { status: 401 } },
          },
          {
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: { case: "route", value: { clusterSpecifier: { case: "cluster", value: to } } },
          },
        ],
      },
    ],
  });
  return encodeResource(
    {
      ...{ type: "routes", name: "r" },
      needs: [{ type: "cluster", name: to }],
      protections: ["401 ^ /private"],
    },
    RouteConfigurationSchema,
    message,
  );
}

/** A proxy in whose routes all goes to cluster `old`. */
async function settledProxy(
  harness: XdsHarness,
  ...more: readonly Resource[]
): Promise<DeltaClient> {
  harness.xds.publish({
    set: [cluster("old"), endpoints("old"), routes("old"), ...more],
    removed: [],
  });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster");
  client.ask("endpoints", { subscribe: ["old"] });
  client.ask("routes", { subscribe: ["r"] });
  await client.drain();
  return client;
}

test("routes to a new cluster wait until its endpoints are acknowledged, and the old cluster until the routes are", async (t) => {
  const harness = await startXds(t);
  const client = await settledProxy(harness);
  harness.xds.publish({
    set: [cluster("new"), endpoints("new"), routes("new")],
    removed: [
      { type: "cluster", name: "old" },
      { type: "endpoints", name: "old" },
    ],
  });
  assert.deepEqual((await client.accept()).texts, { new: "1" });
  assert.deepEqual(await client.drain(), []);
  client.ask("endpoints", { subscribe: ["new"] });
  const answer = await client.next();
  assert.deepEqual([answer.type, answer.texts], ["endpoints", { new: "1" }]);
  assert.equal(client.waiting, 0);
  client.acknowledge(answer);
  const moved = await client.next();
  assert.deepEqual(moved.texts, { r: "to new" });
  assert.equal(client.waiting, 0);
  client.acknowledge(moved);
  const gone = await client.accept();
  assert.deepEqual([gone.type, gone.removed], ["cluster", ["old"]]);
});

test("routes wait for endpoints that change together with them, not for later changes", async (t) => {
  const harness = await startXds(t);
  const client = await settledProxy(harness, cluster("other"), endpoints("other", "nobody"));
  client.ask("endpoints", { subscribe: ["other"] });
  await client.drain();
  harness.xds.publish({ set: [endpoints("other", "somebody"), routes("other")], removed: [] });
  const first = await client.next();
  assert.deepEqual(first.texts, { other: "somebody" });
  assert.equal(client.waiting, 0);
  harness.xds.publish({ set: [endpoints("other", "somebody else")], removed: [] });
  client.acknowledge(first);
  const both = [await client.next(), await client.next()];
  assert.deepEqual(
    both.map(({ texts }) => texts),
    [{ other: "somebody else" }, { r: "to other" }],
  );
});

test("a change that keeps more out is not held: what cannot be reached yet answers 503 meanwhile", async (t) => {
  const harness = await startXds(t);
  const client = await settledProxy(harness);
  const guarded = guardedRoutes("new");
  harness.xds.publish({ set: [cluster("new"), endpoints("new"), guarded], removed: [] });
  assert.deepEqual((await client.accept()).type, "cluster");
  const interim = await client.accept();
  assert.deepEqual([interim.type, interim.removed], ["routes", []]);
  assert.equal(interim.versions["r"], withoutClusters(guarded, new Set(["new"])).version);
  client.ask("endpoints", { subscribe: ["new"] });
  assert.equal((await client.accept()).type, "endpoints");
  assert.equal((await client.accept()).versions["r"], guarded.version);
});

test("what goes out meanwhile and is refused is not sent again, be it alone or with others", async (t) => {
  const harness = await startXds(t);
  const client = await settledProxy(harness);
  const guarded = guardedRoutes("new");
  const interim = withoutClusters(guarded, new Set(["new"]));
  const others = resource("routes", "s", "to nobody");
  client.ask("routes", { subscribe: ["s"] });
  await client.drain();
  harness.xds.publish({ set: [cluster("new"), endpoints("new"), guarded, others], removed: [] });
  assert.deepEqual((await client.accept()).type, "cluster");
  const both = await client.next();
  assert.deepEqual(new Set(Object.keys(both.versions)), new Set(["r", "s"]));
  client.refuse(both, "r is bad");
  for (const _ of both.removed.concat(Object.keys(both.versions))) {
    const half = await client.next();
    if (half.versions["r"] === undefined) client.acknowledge(half);
    else {
      assert.equal(half.versions["r"], interim.version);
      client.refuse(half, "r is bad");
    }
  }
  assert.deepEqual(await client.drain(), []);
  client.ask("endpoints", { subscribe: ["new"] });
  assert.equal((await client.accept()).type, "endpoints");
  assert.equal((await client.accept()).versions["r"], guarded.version);
});

test("what waits for more than 30 s is named with what it waits for, until it goes out", async (t) => {
  const harness = await startXds(t);
  const client = await settledProxy(harness);
  let told = 0;
  harness.xds.subscribe({ held: () => told++ });
  harness.xds.publish({ set: [cluster("new"), endpoints("new"), routes("new")], removed: [] });
  await client.accept();
  await client.drain();
  await harness.clock.advance({ seconds: 29 });
  assert.deepEqual(harness.xds.held(), []);
  await harness.clock.advance({ seconds: 1 });
  assert.deepEqual(
    harness.xds.held().map(({ proxy, held, waitsFor }) => [proxy, held, waitsFor]),
    [["p", { type: "routes", name: "r" }, { type: "endpoints", name: "new" }]],
  );
  client.ask("endpoints", { subscribe: ["new"] });
  await client.drain();
  assert.deepEqual(harness.xds.held(), []);
  assert.equal(told, 2);
});

test("what a proxy has nothing of goes out after 30 s all the same", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [cluster("c"), endpoints("c"), routes("c")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster");
  client.ask("routes", { subscribe: ["r"] });
  await client.accept();
  assert.deepEqual(await client.drain(), []);
  await harness.clock.advance({ seconds: 30 });
  assert.deepEqual((await client.accept()).texts, { r: "to c" });
});

test("a listener waits for a changed secret that the proxy asks for, and not for one it does not ask for yet", async (t) => {
  const harness = await startXds(t);
  const listener = (text: string, ...secrets: readonly string[]): Resource =>
    resource("listener", "l", text, {
      needs: secrets.map((name) => ({ type: "secret", name })),
    });
  harness.xds.publish({ set: [resource("secret", "s", "1"), listener("1", "s")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("listener");
  assert.deepEqual((await client.accept()).texts, { l: "1" });
  client.ask("secret", { subscribe: ["s"] });
  await client.accept();
  harness.xds.publish({
    set: [resource("secret", "s", "2"), resource("secret", "new", "1"), listener("2", "s", "new")],
    removed: [],
  });
  const renewed = await client.next();
  assert.deepEqual(renewed.texts, { s: "2" });
  assert.equal(client.waiting, 0);
  client.acknowledge(renewed);
  assert.deepEqual((await client.accept()).texts, { l: "2" });
});

test("a proxy that comes with content nobody knows loses nothing that this may refer to until it has other content", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [cluster("new"), endpoints("new"), routes("new")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster", { initialVersions: { old: cluster("old").version } });
  client.ask("routes", { subscribe: ["r"], initialVersions: { r: routes("old").version } });
  assert.deepEqual((await client.accept()).texts, { new: "1" });
  assert.deepEqual(await client.drain(), []);
  client.ask("endpoints", { subscribe: ["new"] });
  await client.accept();
  assert.deepEqual((await client.accept()).texts, { r: "to new" });
  assert.deepEqual((await client.accept()).removed, ["old"]);
});

test("a proxy that comes with hosts that are gone is told so, though it is told nothing else", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = harness.client("p");
  const version = "of another control plane";
  client.ask("cluster", { initialVersions: { c: version } });
  client.ask("routes", {
    subscribe: ["host/a", "host/b"],
    initialVersions: { "host/a": version, "host/b": version },
  });
  client.ask("scope", { initialVersions: { "host/a": version, "host/b": version } });
  const told = [...(await client.drain()), ...(await client.drain())];
  assert.deepEqual(
    told.flatMap(({ type, removed }) => removed.map((name) => `${type} ${name}`)),
    ["scope host/a", "scope host/b", "routes host/a", "routes host/b", "cluster c"],
  );
});

test("content that a proxy came with and that is published again is known from then on", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [cluster("new"), endpoints("new"), routes("new")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster", {
    initialVersions: { old: cluster("old").version, gone: cluster("gone").version },
  });
  client.ask("endpoints", {
    subscribe: ["old"],
    initialVersions: { old: endpoints("old").version },
  });
  client.ask("routes", { subscribe: ["r"], initialVersions: { r: routes("old").version } });
  await client.accept();
  harness.xds.publish({
    set: [cluster("old"), endpoints("old"), routes("old")],
    removed: [
      { type: "cluster", name: "new" },
      { type: "endpoints", name: "new" },
    ],
  });
  const told = [...(await client.drain()), ...(await client.drain())];
  assert.deepEqual(told.flatMap(({ removed }) => removed).sort(), ["gone", "new"]);
  await harness.xds.programmed();
});
