/** The order of what comes and what goes on one stream. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resource, ResourceType } from "#envoy/resource.ts";
import { resource, startXds } from "#test/fakes/xds-harness.ts";
import { additionOrder, referrers, removalOrder } from "./resource-order.ts";

/** Policies are an adapter's: on another stream. */
const added = additionOrder.filter((type) => type !== "policy");
const gone = removalOrder.filter((type) => type !== "policy");

test("what is referred to is added first, and removed after what refers to it, when all is added", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  const client = harness.client("a");
  for (const type of ["cluster", "listener", "scope"] as const) client.ask(type);
  for (const type of ["routes", "secret", "endpoints"] as const) {
    client.ask(type, { subscribe: ["old", "new"] });
  }
  await client.drain();
  const related = (type: ResourceType, name: string): Resource =>
    resource(type, name, "1", {
      uses: added
        .filter((referred) => referred !== type && referrers[referred].some((one) => one === type))
        .map((referred) => ({ type: referred, name })),
    });
  harness.xds.publish({
    set: added.map((type) => related(type, "old")),
    removed: [],
  });
  await client.drain();
  harness.xds.publish({
    set: added.map((type) => related(type, "new")),
    removed: added.map((type) => ({ type, name: "old" })),
  });
  const order: string[] = [];
  for (const _ of [...added, ...gone]) {
    const { type, versions, removed } = await client.accept();
    order.push(...Object.keys(versions).map((name) => `${type} ${name}`));
    order.push(...removed.map((name) => `${type} -${name}`));
  }
  assert.deepEqual(
    order.slice(0, added.length),
    added.map((type) => `${type} new`),
  );
  for (const type of gone) {
    for (const referrer of referrers[type].filter((one) => one !== type)) {
      const [first, then] = [`${referrer} -old`, `${type} -old`];
      assert.ok(order.indexOf(first) < order.indexOf(then), `${first} comes before ${then}`);
    }
  }
  assert.equal(new Set(order).size, added.length + gone.length);
});

test("a removal waits while the proxy may have something that refers to it", async (t) => {
  const harness = await startXds(t);
  const uses = [{ type: "cluster", name: "tea" }] as const;
  const tea = resource("cluster", "tea", "1");
  harness.xds.publish({ set: [tea, resource("listener", "l", "1", { uses })], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  for (const type of ["cluster", "listener"] as const) client.ask(type);
  const delivered = [await client.next(), await client.next()];
  assert.deepEqual(
    delivered.map(({ type }) => type),
    ["cluster", "listener"],
  );
  const [clusters, listeners] = delivered;
  assert.ok(clusters !== undefined && listeners !== undefined);
  client.acknowledge(clusters);
  harness.xds.publish({
    set: [resource("listener", "l", "2")],
    removed: [{ type: "cluster", name: "tea" }],
  });
  assert.deepEqual(await client.drain(), []);
  client.acknowledge(listeners);
  const listenerWithoutTea = await client.next();
  assert.deepEqual(listenerWithoutTea.type, "listener");
  assert.equal(client.waiting, 0);
  client.acknowledge(listenerWithoutTea);
  assert.deepEqual((await client.next()).removed, ["tea"]);
});
