/** What the server remembers and does when a proxy refuses a response, and what waiting for answers means. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { resource, startXds } from "#test/fakes/xds-harness.ts";

const good = resource("cluster", "good", "1");
const bad = resource("cluster", "bad", "1");

test("of a refused response each half is tried again, until the guilty name is known with Envoy's text", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [good, bad], removed: [] });
  harness.xds.open();
  const told: string[] = [];
  harness.xds.subscribe({
    refused: ({ proxy, type, versions, message }) =>
      told.push(`${proxy} ${type} ${[...versions.keys()].join(" ")}: ${message}`),
  });
  const client = harness.client("a");
  client.ask("cluster");
  client.refuse(await client.next(), "bad is no cluster");
  assert.deepEqual((await client.accept()).texts, { good: "1" });
  client.refuse(await client.next(), "bad is no cluster");
  assert.deepEqual((await client.accept()).removed, ["bad"]);
  const { refused } = await harness.xds.programmed();
  assert.deepEqual(
    refused.map(({ name, version, message }) => ({ name, version, message })),
    [{ name: "bad", version: bad.version, message: "bad is no cluster" }],
  );
  assert.deepEqual(told, [
    "a cluster good bad: bad is no cluster",
    "a cluster bad: bad is no cluster",
  ]);
  const [status] = harness.xds.proxies()[0]?.types ?? [];
  assert.equal(status?.refusedResponses, 2);
  assert.deepEqual(status?.lastRefusal?.names, ["bad"]);
  assert.equal(harness.xds.isAcknowledged("cluster", "good", good.version), true);
  assert.equal(harness.xds.isAcknowledged("cluster", "bad", bad.version), false);
  assert.equal(harness.xds.standings("cluster", "bad", bad.version)[0]?.state, "refused");
});

test("refused content is not sent again, its next content is, and other types go on", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [bad], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  client.refuse(await client.next(), "no");
  assert.deepEqual(
    (await client.drain()).map(({ removed }) => removed),
    [["bad"]],
  );
  client.ask("routes", { subscribe: ["r"] });
  harness.xds.publish({ set: [bad, resource("routes", "r", "1")], removed: [] });
  assert.deepEqual(
    (await client.drain()).map(({ texts }) => texts),
    [{ r: "1" }],
  );
  const mended = resource("cluster", "bad", "2");
  harness.xds.publish({ set: [mended], removed: [] });
  assert.deepEqual((await client.accept()).texts, { bad: "2" });
  assert.deepEqual((await harness.xds.programmed()).refused, []);
  assert.equal(harness.xds.isAcknowledged("cluster", "bad", mended.version), true);
});

test("after a refusal nothing is known: going back to the content before is sent", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [good], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  await client.accept();
  harness.xds.publish({ set: [resource("cluster", "good", "2")], removed: [] });
  client.refuse(await client.next(), "no");
  harness.xds.publish({ set: [good], removed: [] });
  assert.deepEqual((await client.accept()).texts, { good: "1" });
});

test("a refused resource that is removed is told to be removed, since it may have been applied", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [good, bad], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  client.refuse(await client.next(), "no");
  const half = await client.next();
  harness.xds.publish({ set: [], removed: [{ type: "cluster", name: "bad" }] });
  client.acknowledge(half);
  assert.deepEqual((await client.accept()).removed, ["bad"]);
});

test("content that came while a response for several names was refused is sent, and what comes after it", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = harness.client("a");
  client.ask("endpoints", { subscribe: ["a", "c"] });
  const first = await client.next();
  harness.xds.publish({ set: [resource("endpoints", "c", "1")], removed: [] });
  client.refuse(first, "no");
  assert.deepEqual((await client.accept()).removed, ["a"]);
  const second = await client.next();
  assert.deepEqual(second.texts, { c: "1" });
  harness.xds.publish({ set: [], removed: [{ type: "endpoints", name: "c" }] });
  client.acknowledge(second);
  assert.deepEqual((await client.accept()).removed, ["c"]);
});

test("a name asked for again is answered, even if what was under way is refused meanwhile", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [resource("routes", "r", "1")], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("routes", { subscribe: ["r"] });
  const first = await client.next();
  client.ask("routes", { subscribe: ["r"] });
  client.refuse(first, "no");
  assert.deepEqual((await client.accept()).texts, { r: "1" });
});

test("going back to refused content after other content was accepted is tried once more", async (t) => {
  const harness = await startXds(t);
  const publish = (text: string): void =>
    harness.xds.publish({ set: [resource("cluster", "c", text)], removed: [] });
  publish("1");
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  client.refuse(await client.next(), "no");
  await client.drain();
  publish("2");
  const second = await client.next();
  publish("1");
  client.acknowledge(second);
  assert.deepEqual((await client.next()).texts, { c: "1" });
});

test("a retry sends refused content once more, and the verdict stands until it is taken", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [bad], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  client.refuse(await client.next(), "no");
  await client.drain();
  harness.xds.retry("cluster", ["bad"]);
  client.refuse(await client.next(), "still no");
  await client.drain();
  assert.equal(harness.xds.verdicts().length, 1);
  harness.xds.retry("cluster", ["bad"]);
  assert.deepEqual((await client.accept()).texts, { bad: "1" });
  await client.drain();
  assert.equal(harness.xds.isAcknowledged("cluster", "bad", bad.version), true);
  assert.deepEqual(harness.xds.verdicts(), []);
});

test("what was published is programmed once every stream has answered, not before", async (t) => {
  const harness = await startXds(t);
  const order: string[] = [];
  harness.xds.publish({ set: [good], removed: [] });
  harness.xds.open();
  const programmed = harness.xds.programmed({ minProxies: 2 }).then(() => order.push("programmed"));
  const one = harness.client("one");
  one.ask("cluster");
  await one.accept();
  const two = harness.client("two");
  two.ask("cluster");
  const delivery = await two.next();
  await one.drain();
  assert.equal(harness.xds.isAcknowledged("cluster", "good", good.version), false);
  order.push("last answer");
  two.acknowledge(delivery);
  await programmed;
  assert.deepEqual(order, ["last answer", "programmed"]);
  assert.equal(harness.xds.isAcknowledged("cluster", "good", good.version), true);
});

test("a route configuration counts as programmed only after a proxy asked for it", async (t) => {
  const harness = await startXds(t);
  const routes = resource("routes", "r", "1");
  harness.xds.publish({ set: [good, routes], removed: [] });
  harness.xds.open();
  let done = false;
  const programmed = harness.xds.programmed().then(() => {
    done = true;
  });
  const client = harness.client("a");
  client.ask("cluster");
  await client.drain();
  assert.equal(done, false);
  client.ask("routes", { subscribe: ["r"] });
  await client.accept();
  await programmed;
});

test("later changes do not hold up those who wait for earlier ones", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [good], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  const first = await client.next();
  const programmed = harness.xds.programmed();
  harness.xds.publish({ set: [bad], removed: [] });
  client.acknowledge(first);
  assert.deepEqual((await client.next()).texts, { bad: "1" });
  assert.deepEqual((await programmed).refused, []);
});

test("a proxy that leaves is no longer waited for", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [good], removed: [] });
  harness.xds.open();
  const stays = harness.client("stays");
  stays.ask("cluster");
  await stays.drain();
  const leaves = harness.client("leaves");
  leaves.ask("cluster");
  await leaves.next();
  const programmed = harness.xds.programmed();
  await leaves[Symbol.asyncDispose]();
  assert.equal((await programmed).proxies, 1);
});

test("waiting ends with the signal's reason", async (t) => {
  const harness = await startXds(t);
  const aborted = new AbortController();
  const waiting = harness.xds.programmed({ signal: aborted.signal });
  aborted.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  await assert.rejects(harness.xds.programmed({ signal: aborted.signal }), { message: "enough" });
});
