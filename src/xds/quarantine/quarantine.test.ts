/** A proxy that refuses some content, as Envoy does: whatever is published, it ends with all the rest. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Resource } from "#envoy/resource.ts";
import type { Delivery, DeltaClient } from "#test/fakes/delta-client.ts";
import { resource, startXds } from "#test/fakes/xds-harness.ts";

/** What a proxy holds, and how it judges. */
class JudgingProxy {
  readonly held = new Map<string, string>();
  readonly #isRefused: (name: string, text: string, held: ReadonlyMap<string, string>) => boolean;

  constructor(
    isRefused: (name: string, text: string, held: ReadonlyMap<string, string>) => boolean,
  ) {
    this.#isRefused = isRefused;
  }

  /** Answers a response whole, as a delta client must. */
  answer(client: DeltaClient, delivery: Delivery): void {
    if (delivery.type === "cluster") {
      const bad = Object.entries(delivery.texts).find(([name, text]) =>
        this.#isRefused(name, text, this.held),
      );
      if (bad !== undefined) {
        client.refuse(delivery, `${bad[0]} is bad`);
        return;
      }
      for (const [name, text] of Object.entries(delivery.texts)) this.held.set(name, text);
      for (const name of delivery.removed) this.held.delete(name);
    }
    client.acknowledge(delivery);
  }
}

/** Answers until the server has nothing more to say: a scope that does not exist is answered after all that is to be added. */
async function settle(client: DeltaClient, proxy: JudgingProxy): Promise<number> {
  let responses = 0;
  for (let quiet = 0; quiet < 3; ) {
    const barrier = `barrier ${responses} ${quiet}`;
    client.ask("scope", { subscribe: [barrier] });
    const before = responses;
    for (;;) {
      const delivery = await client.next();
      proxy.answer(client, delivery);
      if (delivery.removed.includes(barrier)) break;
      responses += 1;
    }
    quiet = responses === before ? quiet + 1 : 0;
  }
  return responses;
}

const names = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const rounds = fc.array(
  fc.dictionary(fc.constantFrom(...names), fc.constantFrom("1", "2", "3", "bad", "worse"), {
    minKeys: 1,
    maxKeys: names.length,
    noNullPrototype: true,
  }),
  { minLength: 1, maxLength: 4 },
);

test("of what is published together the refused names alone stay behind, at what was good before", async (t) => {
  const harness = await startXds(t);
  harness.xds.open();
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const proxy = new JudgingProxy((_, text) => text === "bad" || text === "worse");
      const client = harness.client("p");
      client.ask("cluster");
      const good = new Map<string, string>();
      for (const round of all) {
        const set = Object.entries(round).map(([name, text]) => resource("cluster", name, text));
        harness.xds.publish({ set, removed: [] });
        await settle(client, proxy);
        const bad = Object.entries(round).filter(([, text]) => text === "bad" || text === "worse");
        for (const [name, text] of Object.entries(round)) {
          if (!bad.some(([one]) => one === name)) good.set(name, text);
        }
        assert.deepEqual(sorted(proxy.held), sorted(good));
        const refused = new Set(harness.xds.verdicts().map(({ name }) => name));
        for (const [name] of bad) assert.ok(refused.has(name), name);
        for (const name of refused) assert.ok(harness.xds.verdicts().length > 0, name);
      }
      await client[Symbol.asyncDispose]();
      harness.xds.publish({ set: [], removed: names.map((name) => ({ type: "cluster", name })) });
      assert.deepEqual(harness.xds.verdicts(), []);
    }),
    { numRuns: 40 },
  );
});

function sorted(map: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

test("one refused name among a thousand is found in a logarithm of responses", async (t) => {
  const harness = await startXds(t);
  const many = Array.from({ length: 1024 }, (_, index) => resource("cluster", `c${index}`, "1"));
  harness.xds.publish({ set: [...many, resource("cluster", "poison", "bad")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster");
  const proxy = new JudgingProxy((_, text) => text === "bad");
  const responses = await settle(client, proxy);
  assert.equal(proxy.held.size, 1024);
  assert.deepEqual(
    harness.xds.verdicts().map(({ name, message }) => [name, message]),
    [["poison", "poison is bad"]],
  );
  assert.ok(responses < 30, `${responses} responses`);
});

test("two names that only clash with each other: one is taken, the other is found", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({
    set: [resource("cluster", "a", "port 1"), resource("cluster", "b", "port 1")],
    removed: [],
  });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster");
  let delivered: Delivery | undefined;
  const proxy = new JudgingProxy((name, text, held) => {
    const others = new Map([...held, ...Object.entries(delivered?.texts ?? {})]);
    others.delete(name);
    return [...others.values()].includes(text);
  });
  const answer = proxy.answer.bind(proxy);
  proxy.answer = (to, delivery) => {
    delivered = delivery;
    answer(to, delivery);
  };
  await settle(client, proxy);
  assert.deepEqual([...proxy.held.keys()], ["a"]);
  assert.deepEqual(
    harness.xds.verdicts().map(({ name }) => name),
    ["b"],
  );
});

test("while the guilty one is looked for, other changes of the type are sent", async (t) => {
  const harness = await startXds(t);
  const many = Array.from({ length: 64 }, (_, index) => resource("cluster", `c${index}`, "1"));
  harness.xds.publish({ set: [...many, resource("cluster", "poison", "bad")], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("cluster");
  client.refuse(await client.next(), "poison is bad");
  const trial = await client.next();
  harness.xds.publish({ set: [resource("cluster", "other", "1")], removed: [] });
  client.acknowledge(trial);
  const found = [await client.accept(), await client.accept()];
  assert.ok(found.some(({ texts }) => texts["other"] === "1"));
});

/** What a restarted control plane is told by a proxy that outlived it. */
const before: readonly Resource[] = [resource("cluster", "a", "1"), resource("cluster", "b", "1")];

test("a verdict of an earlier run is believed: nothing is sent, and what the proxy has stays", async (t) => {
  const first = await startXds(t);
  first.xds.publish({ set: before, removed: [] });
  first.xds.open();
  const client = first.client("p");
  client.ask("cluster");
  const proxy = new JudgingProxy((_, text) => text === "bad");
  await settle(client, proxy);
  first.xds.publish({ set: [resource("cluster", "a", "bad")], removed: [] });
  await settle(client, proxy);
  const verdicts = first.xds.verdicts();
  const second = await startXds(t, { verdicts });
  second.xds.publish({ set: [resource("cluster", "a", "bad"), ...before.slice(1)], removed: [] });
  second.xds.open();
  const again = second.client("p");
  const initialVersions = Object.fromEntries(before.map(({ name, version }) => [name, version]));
  again.ask("cluster", { initialVersions });
  assert.deepEqual(await again.drain(), []);
  assert.deepEqual(
    second.xds.verdicts().map(({ name, message }) => [name, message]),
    [["a", "a is bad"]],
  );
  const fresh = second.client("fresh");
  fresh.ask("cluster");
  assert.deepEqual((await fresh.accept()).texts, { a: "1", b: "1" });
});

test("content that keeps more out than what was good before is not replaced by that", async (t) => {
  const harness = await startXds(t);
  const open = resource("listener", "l", "open");
  harness.xds.publish({ set: [open], removed: [] });
  harness.xds.open();
  const client = harness.client("p");
  client.ask("listener");
  await client.drain();
  const closed = resource("listener", "l", "closed", {
    protections: ["clients outside 10.0.0.0/8"],
  });
  harness.xds.publish({ set: [closed], removed: [] });
  client.refuse(await client.next(), "no");
  assert.deepEqual((await client.accept()).removed, ["l"]);
});

test("a listener does not wait for a cluster that is refused: all else that comes there goes on", async (t) => {
  const { xds, client: connect } = await startXds(t);
  xds.open();
  const needs = [{ type: "cluster", name: "poison" } as const];
  const listener = resource("listener", "https", "two", { needs });
  xds.publish({ set: [resource("listener", "https", "one")], removed: [] });
  const client = connect("p");
  client.ask("cluster");
  client.ask("listener");
  const held = new Map<string, string>();
  const proxy = new JudgingProxy((_, text) => text === "bad");
  const take = async (): Promise<void> => {
    const delivery = await client.next();
    for (const [name, text] of Object.entries(delivery.texts)) held.set(name, text);
    proxy.answer(client, delivery);
  };
  while (held.get("https") !== "one") await take();
  xds.publish({ set: [listener, resource("cluster", "poison", "bad")], removed: [] });
  while (held.get("https") !== "two") await take();
  assert.deepEqual(
    xds.verdicts().map(({ name }) => name),
    ["poison"],
  );
});
