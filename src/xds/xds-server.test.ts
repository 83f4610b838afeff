/** The delta protocol as Envoy speaks it, over real HTTP/2 on a Unix socket. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resource } from "#envoy/resource.ts";
import type { DeltaClient } from "#test/fakes/delta-client.ts";
import type { XdsHarness } from "#test/fakes/xds-harness.ts";
import { resource, startXds } from "#test/fakes/xds-harness.ts";

function publish({ xds }: XdsHarness, ...set: readonly Resource[]): void {
  xds.publish({ set, removed: [] });
}

const tea = resource("cluster", "tea", "tea 1");
const coffee = resource("cluster", "coffee", "coffee 1");

/** A client that has asked for everything of the wildcard types. */
function wildcardClient(harness: XdsHarness, node = "a"): DeltaClient {
  const client = harness.client(node);
  for (const type of ["cluster", "listener", "scope"] as const) client.ask(type);
  return client;
}

test("nothing is sent before the first set is declared complete", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea);
  const client = harness.client("a");
  client.ask("cluster");
  client.ask("scope", { subscribe: ["absent"] });
  // A stream that is answered in full shows that the server is at work while the first one stays silent.
  harness.xds.open(["listener"]);
  const other = harness.client("b");
  other.ask("listener", { subscribe: ["absent"] });
  assert.deepEqual((await other.accept()).removed, ["absent"]);
  assert.equal(client.bytes, 0);
  harness.xds.open();
  assert.deepEqual((await client.accept()).versions, { tea: tea.version });
  assert.deepEqual((await client.accept()).removed, ["absent"]);
});

for (const [sentence, subscribe] of [
  ["an empty first request", []],
  ["a star", ["*"]],
] as const) {
  test(`${sentence} asks for all clusters, present and future`, async (t) => {
    const harness = await startXds(t);
    publish(harness, tea);
    harness.xds.open();
    const client = harness.client("a");
    client.ask("cluster", { subscribe });
    assert.deepEqual((await client.accept()).versions, { tea: tea.version });
    publish(harness, coffee);
    assert.deepEqual((await client.accept()).versions, { coffee: coffee.version });
  });
}

test("a fresh proxy is answered for what it asks for whole even when there is nothing, since it waits for that", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  client.ask("scope", { subscribe: ["*"] });
  for (const type of ["cluster", "scope"]) {
    const answer = await client.accept();
    assert.deepEqual([answer.type, answer.versions, answer.removed], [type, {}, []]);
  }
  assert.deepEqual(await harness.xds.programmed(), { proxies: 1, refused: [] });
  assert.deepEqual(await client.drain(), []);
});

test("an empty first request for endpoints asks for nothing", async (t) => {
  const harness = await startXds(t);
  publish(harness, resource("endpoints", "tea", "1"));
  harness.xds.open();
  const client = harness.client("a");
  client.ask("endpoints");
  assert.deepEqual(await client.drain(), []);
});

test("names asked for are answered, absent ones as removed, later ones when they come", async (t) => {
  const harness = await startXds(t);
  const here = resource("endpoints", "here", "1");
  publish(harness, here, resource("endpoints", "unasked", "1"));
  harness.xds.open();
  const client = harness.client("a");
  client.ask("endpoints", { subscribe: ["here", "later"] });
  const first = await client.accept();
  assert.deepEqual(first.versions, { here: here.version });
  assert.deepEqual(first.removed, ["later"]);
  publish(harness, resource("endpoints", "later", "2"));
  assert.deepEqual((await client.accept()).texts, { later: "2" });
});

test("a change sends only what changed, and the same content again sends nothing", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea, coffee);
  harness.xds.open();
  const client = wildcardClient(harness);
  await client.drain();
  publish(harness, tea, resource("cluster", "coffee", "coffee 2"));
  assert.deepEqual((await client.accept()).texts, { coffee: "coffee 2" });
  publish(harness, tea, resource("cluster", "coffee", "coffee 2"));
  assert.deepEqual(await client.drain(), []);
});

test("asking again for a name sends it again although it is unchanged", async (t) => {
  const harness = await startXds(t);
  publish(harness, resource("routes", "r", "1"));
  harness.xds.open();
  const client = harness.client("a");
  client.ask("routes", { subscribe: ["r"] });
  await client.accept();
  client.ask("routes", { subscribe: ["r"] });
  assert.deepEqual((await client.accept()).texts, { r: "1" });
});

test("a name no longer asked for is not sent any more", async (t) => {
  const harness = await startXds(t);
  publish(harness, resource("routes", "r", "1"));
  harness.xds.open();
  const client = harness.client("a");
  client.ask("routes", { subscribe: ["r"] });
  await client.accept();
  client.ask("routes", { unsubscribe: ["r"] });
  await client.drain();
  publish(harness, resource("routes", "r", "2"));
  assert.deepEqual(await client.drain(), []);
});

test("a name given up under a wildcard is told once more, because the wildcard covers it", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster", { subscribe: ["*", "tea", "gone"] });
  await client.drain();
  client.ask("cluster", { unsubscribe: ["tea", "gone"] });
  const told = [await client.accept(), await client.accept()];
  assert.deepEqual(
    told.map(({ versions, removed }) => ({ versions, removed })),
    [
      { versions: { tea: tea.version }, removed: [] },
      { versions: {}, removed: ["gone"] },
    ],
  );
});

test("a proxy that gives up the wildcard keeps only the names it asked for", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea, coffee);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster", { subscribe: ["*", "tea"] });
  await client.drain();
  client.ask("cluster", { unsubscribe: ["*"] });
  await client.drain();
  publish(harness, resource("cluster", "tea", "2"), resource("cluster", "coffee", "2"));
  assert.deepEqual(
    (await client.drain()).map(({ texts }) => texts),
    [{ tea: "2" }],
  );
});

test("a reconnecting proxy that has everything is sent not one byte", async (t) => {
  const harness = await startXds(t);
  const routes = resource("routes", "r", "1");
  publish(harness, tea, coffee, routes);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster", {
    initialVersions: { tea: tea.version, coffee: coffee.version },
  });
  client.ask("routes", { subscribe: ["r"], initialVersions: { r: routes.version } });
  const programmed = await harness.xds.programmed();
  assert.deepEqual(programmed, { proxies: 1, refused: [] });
  const types = harness.xds.proxies()[0]?.types.map((type) => [type.type, type.sentResponses]);
  assert.deepEqual(types, [
    ["cluster", 0],
    ["routes", 0],
  ]);
  assert.equal(client.bytes, 0);
});

test("a reconnecting proxy is sent what differs, and removals of what is gone", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea, coffee);
  harness.xds.open();
  const client = harness.client("a");
  const initialVersions = { tea: tea.version, coffee: "old", milk: "old", sugar: "" };
  client.ask("cluster", { initialVersions });
  const [changed, removed] = [await client.accept(), await client.accept()];
  assert.deepEqual(changed.versions, { coffee: coffee.version });
  assert.deepEqual(changed.removed, []);
  assert.deepEqual(removed.versions, {});
  assert.deepEqual(removed.removed, ["milk", "sugar"]);
  assert.deepEqual(await client.drain(), []);
});

test("while an answer is out, any number of changes become one response", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  const first = await client.next();
  for (const text of ["2", "3", "4"]) publish(harness, resource("cluster", "tea", text));
  publish(harness, coffee);
  const other = wildcardClient(harness, "b");
  await other.drain();
  assert.equal(client.waiting, 0);
  client.acknowledge(first);
  assert.deepEqual((await client.accept()).texts, { tea: "4", coffee: "coffee 1" });
  assert.deepEqual(await client.drain(), []);
});

test("a proxy that takes its time over one response is sent the next after a second", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  const first = await client.next();
  publish(harness, coffee);
  await harness.clock.advance({ milliseconds: 999 });
  assert.deepEqual(await client.drain(), []);
  await harness.clock.advance({ milliseconds: 1 });
  const second = await client.next();
  assert.deepEqual(second.texts, { coffee: "coffee 1" });
  client.acknowledge(first);
  client.acknowledge(second);
  assert.deepEqual((await harness.xds.programmed()).refused, []);
});

test("a large set is split into responses of bounded size", async (t) => {
  const harness = await startXds(t, { limits: { maxResponseBytes: 4096 } });
  const set = Array.from({ length: 100 }, (_, i) => resource("cluster", `c${i}`, "x".repeat(200)));
  publish(harness, ...set);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  let received = 0;
  while (received < set.length) {
    const before = client.bytes;
    const delivery = await client.accept();
    received += Object.keys(delivery.versions).length;
    assert.ok(client.bytes - before <= 2 * 4096);
    assert.ok(Object.keys(delivery.versions).length > 1);
  }
  assert.deepEqual(await client.drain(), []);
});

test("a resource larger than a response may be is sent alone", async (t) => {
  const harness = await startXds(t, { limits: { maxResponseBytes: 100 } });
  publish(harness, resource("cluster", "big", "x".repeat(1000)), tea);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  assert.deepEqual(Object.keys((await client.accept()).versions), ["big"]);
  assert.deepEqual(Object.keys((await client.accept()).versions), ["tea"]);
});

test("a proxy that reads nothing holds up no other", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const slow = harness.client("slow");
  slow.pause();
  slow.ask("cluster");
  const quick = harness.client("quick");
  quick.ask("cluster");
  await quick.accept();
  for (let round = 0; round < 20; round += 1) {
    publish(harness, resource("cluster", "big", String(round).padStart(100_000, " ")));
    assert.equal((await quick.accept()).texts["big"]?.trim(), String(round));
  }
  const status = harness.xds.proxies().find(({ proxy }) => proxy === "slow");
  assert.equal(status?.types[0]?.unansweredResponses, 1);
  assert.equal(status?.types[0]?.sentResponses, 1);
});

test("a hundred proxies get the same bytes", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea, coffee);
  harness.xds.open();
  const clients = Array.from({ length: 100 }, (_, i) => harness.client(`proxy-${i}`));
  for (const client of clients) client.ask("cluster");
  await Promise.all(clients.map((client) => client.accept()));
  assert.equal(new Set(clients.map((client) => client.bytes)).size, 1);
  assert.deepEqual(await harness.xds.programmed({ minProxies: 100 }), {
    proxies: 100,
    refused: [],
  });
  assert.match(await harness.metrics.expose(), /sekisho_xds_resources_total\{type="cluster"\} 200/);
});

test("a secrets stream serves secrets and nothing else", async (t) => {
  const harness = await startXds(t);
  publish(harness, tea, resource("secret", "s", "1"));
  harness.xds.open();
  const client = harness.client("a", "secrets");
  client.ask("cluster");
  client.ask("secret", { subscribe: ["s"] });
  assert.deepEqual((await client.accept()).texts, { s: "1" });
  assert.deepEqual(
    harness.xds.proxies().map(({ kind, types }) => [kind, types.length]),
    [["secrets", 1]],
  );
});

test("streams come and go in the status and in the events", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const events: string[] = [];
  const gone = Promise.withResolvers<void>();
  harness.xds.subscribe({
    connected: ({ proxy, stream }) => events.push(`connected ${proxy} ${stream}`),
    disconnected: ({ proxy, stream }) => {
      events.push(`disconnected ${proxy} ${stream}`);
      gone.resolve();
    },
  });
  const client = wildcardClient(harness);
  await client.drain();
  const [status] = harness.xds.proxies();
  assert.equal(status?.proxy, "a");
  assert.equal(status?.connectedSince.toString(), "2026-01-01T00:00:00Z");
  await client[Symbol.asyncDispose]();
  await gone.promise;
  assert.deepEqual(harness.xds.proxies(), []);
  assert.deepEqual(events, ["connected a 1", "disconnected a 1"]);
  assert.equal(harness.clock.timerCount(), 0);
});

test("closing ends the streams in order, so that proxies keep what they have", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = wildcardClient(harness);
  await client.drain();
  harness.xds.close();
  assert.deepEqual(await client.ended, { status: "0", message: "" });
  assert.deepEqual(harness.xds.proxies(), []);
});
