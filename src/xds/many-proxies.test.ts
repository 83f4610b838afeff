/** A hundred proxies on one server: one encoding for all, nobody waits for the slow, and a storm of returning ones is sent nothing. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { Resource, ResourceChange, ResourceType } from "#envoy/resource.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { SimulatedProxy } from "#test/fakes/simulated-proxy.ts";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";

const proxies = 100;

/** One host: its cluster with endpoints, its routes and its scope. */
function host(index: number, content: string): readonly Resource[] {
  const name = `host/${index}`;
  return [
    resource("cluster", name, `cluster ${index}`),
    resource("endpoints", name, `endpoints ${content}`),
    resource("routes", name, `routes ${content}`, { needs: [{ type: "cluster", name }] }),
    resource("scope", name, `scope ${index}`),
  ];
}

function without(index: number): ResourceChange {
  const types = ["cluster", "endpoints", "routes", "scope"] as const;
  return { set: [], removed: types.map((type) => ({ type, name: `host/${index}` })) };
}

async function sentBytes({ metrics }: XdsHarness): Promise<number> {
  const text = await metrics.expose();
  const samples = [...text.matchAll(/^sekisho_xds_bytes_total\{.*\} (\d+)$/gm)];
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}

function heldBy(proxy: SimulatedProxy): string {
  const types: readonly ResourceType[] = ["cluster", "endpoints", "scope", "routes"];
  return types
    .flatMap((type) =>
      [...proxy.versions(type)].map(([name, version]) => `${type} ${name} ${version}`),
    )
    .sort()
    .join("\n");
}

/** Waits until every proxy holds exactly these resources; looks at one after the other, as looking takes a moment. */
async function converged(
  heard: EventTarget,
  all: readonly SimulatedProxy[],
  expected: string,
): Promise<void> {
  for (const proxy of all) while (heldBy(proxy) !== expected) await once(heard, "heard");
}

function textOf(world: Iterable<Resource>): string {
  return [...world]
    .map(({ type, name, version }) => `${type} ${name} ${version}`)
    .sort()
    .join("\n");
}

interface Crowd {
  readonly heard: EventTarget;
  readonly join: (earlier?: SimulatedProxy) => SimulatedProxy;
}

function crowd({ client }: XdsHarness): Crowd {
  const heard = new EventTarget();
  const tell = (): void => void heard.dispatchEvent(new Event("heard"));
  return {
    heard,
    join: (earlier) => new SimulatedProxy(client("proxy"), { heard: tell, earlier }),
  };
}

test("through churn all proxies end with the same world, and those that return are sent nothing they have", async (t: TestContext) => {
  const harness = await startXds(t);
  const { heard, join } = crowd(harness);
  const random = createSeededRandom(7);
  const below = (bound: number): number => Math.floor(random.fraction() * bound);
  const world = new Map<string, Resource>();
  const publish = (change: ResourceChange): void => {
    for (const { type, name } of change.removed) world.delete(`${type} ${name}`);
    for (const one of change.set) world.set(`${one.type} ${one.name}`, one);
    harness.xds.publish(change);
  };
  for (let index = 0; index < 20; index += 1) publish({ set: host(index, "first"), removed: [] });
  harness.xds.open();
  const all = Array.from({ length: proxies }, () => join());
  for (let round = 0; round < 60; round += 1) {
    const index = below(40);
    publish(below(4) === 0 ? without(index) : { set: host(index, `${round}`), removed: [] });
    if (round % 10 === 0) await once(heard, "heard");
  }
  await converged(heard, all, textOf(world.values()));
  await harness.xds.programmed({ minProxies: proxies });

  for (const { client } of all) await client[Symbol.asyncDispose]();
  const before = await sentBytes(harness);
  const returned = all.map((earlier) => join(earlier));
  await harness.xds.programmed({ minProxies: proxies });
  assert.equal(await sentBytes(harness), before);
  assert.ok(returned.every(({ resources }) => resources === 0));
  publish({ set: host(1, "after the storm"), removed: [] });
  await converged(heard, returned, textOf(world.values()));
});

test("a resource comes encoded: no proxy has it looked into", async (t: TestContext) => {
  const harness = await startXds(t);
  const { heard, join } = crowd(harness);
  let readings = 0;
  /** Counts who looks at the bytes: whoever encodes must. */
  const counted = (one: Resource): Resource => ({
    ...one,
    get bytes(): Uint8Array {
      readings += 1;
      return one.bytes;
    },
  });
  const set = Array.from({ length: 50 }, (_, index) => host(index, "first")).flat();
  harness.xds.publish({ set: set.map(counted), removed: [] });
  harness.xds.open();
  const all = Array.from({ length: proxies }, () => join());
  await converged(heard, all, textOf(set));
  assert.equal(readings, 0);
});

test("proxies that do not answer or do not read hold up nobody, and cost names, not messages", async (t: TestContext) => {
  const harness = await startXds(t);
  const { heard, join } = crowd(harness);
  harness.xds.open();
  const mute = harness.client("mute");
  mute.ask("cluster");
  const deaf = harness.client("deaf");
  deaf.ask("cluster");
  const [unanswered] = await Promise.all([mute.next(), deaf.next()]);
  deaf.pause();
  const fast = Array.from({ length: 10 }, () => join());
  const large = "x".repeat(20_000);
  let last = resource("cluster", "c", "none");
  for (let round = 0; round < 50; round += 1) {
    last = resource("cluster", "c", `${round} ${large}`);
    harness.xds.publish({ set: [last], removed: [] });
    await converged(heard, fast, textOf([last]));
  }
  const waiting = harness.xds
    .proxies()
    .filter(({ proxy }) => proxy === "mute" || proxy === "deaf")
    .flatMap(({ types }) => types.map((type) => type.unansweredResponses));
  assert.ok(
    waiting.every((count) => count <= 2),
    `${waiting.join()} responses on their way`,
  );
  mute.acknowledge(unanswered);
  const seen: string[] = [];
  while (seen.at(-1) !== last.version) {
    const delivery = await mute.accept();
    const version = delivery.versions["c"];
    if (version !== undefined) seen.push(version);
  }
  assert.ok(seen.length <= 2, `${seen.length} of 50 contents were kept for it`);
});
