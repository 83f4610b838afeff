/** A proxy that asks for too much loses its stream, and nothing else happens. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { resource, startXds } from "#test/fakes/xds-harness.ts";

const resourceExhausted = "8";
const invalidArgument = "3";

test("more names than a stream may ask for end it", async (t) => {
  const harness = await startXds(t, { limits: { maxNames: 10 } });
  harness.xds.publish({ set: [resource("routes", "r", "1")], removed: [] });
  harness.xds.open();
  const honest = harness.client("honest");
  honest.ask("routes", { subscribe: ["r"] });
  await honest.accept();
  const greedy = harness.client("greedy");
  const names = Array.from({ length: 6 }, (_, i) => `n${i}`);
  greedy.ask("routes", { subscribe: names });
  greedy.ask("endpoints", { subscribe: names });
  const { status, message } = await greedy.ended;
  assert.equal(status, resourceExhausted);
  assert.match(message, /12 names asked for, more than the 10/);
  harness.xds.publish({ set: [resource("routes", "r", "2")], removed: [] });
  assert.deepEqual((await honest.accept()).texts, { r: "2" });
  assert.deepEqual(
    harness.xds.proxies().map(({ proxy }) => proxy),
    ["honest"],
  );
});

test("a list of versions is bounded as well", async (t) => {
  const harness = await startXds(t, { limits: { maxNames: 2 } });
  const client = harness.client("a");
  client.ask("cluster", { initialVersions: { a: "1", b: "1", c: "1" } });
  assert.equal((await client.ended).status, resourceExhausted);
});

test("a name longer than allowed ends the stream", async (t) => {
  const harness = await startXds(t);
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["x".repeat(5000)] });
  assert.equal((await client.ended).status, invalidArgument);
});

test("a request larger than allowed ends the stream", async (t) => {
  const harness = await startXds(t, { limits: { maxRequestBytes: 1024 } });
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["x".repeat(2000)] });
  assert.equal((await client.ended).status, resourceExhausted);
});

for (const [sentence, node, message] of [
  ["without a node", undefined, /names no node; set node\.id in the bootstrap/],
  ["with an endless node id", "x".repeat(300), /longer than 256/],
] as const) {
  test(`a stream ${sentence} is refused with the reason`, async (t) => {
    const harness = await startXds(t);
    harness.xds.open();
    const client = harness.client(node);
    client.ask("cluster");
    const ended = await client.ended;
    assert.equal(ended.status, invalidArgument);
    assert.match(ended.message, message);
    assert.deepEqual(harness.xds.proxies(), []);
  });
}

test("types that are not served are left unanswered", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = harness.client("a");
  client.send({ typeUrl: "type.googleapis.com/no.such.Type", resourceNamesSubscribe: ["x"] });
  assert.deepEqual(await client.drain(), []);
});

test("answers to responses that were never sent change nothing", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [resource("cluster", "c", "1")], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("cluster");
  const delivery = await client.next();
  client.acknowledge({ ...delivery, nonce: "999" });
  await client.drain();
  assert.equal(harness.xds.proxies()[0]?.types[0]?.unansweredResponses, 1);
});
