/** Whatever is published, asked for, refused and broken off in whatever order: a proxy ends with what it asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import type { ResourceType } from "#envoy/resource.ts";
import { typeUrls } from "#envoy/resource.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import {
  DeltaDiscoveryRequestSchema,
  ResourceSchema,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { resource } from "#test/fakes/xds-harness.ts";
import { OnDemandSecrets } from "./on-demand-secrets.ts";
import { additionOrder, parseTypeUrl } from "./ordering/resource-order.ts";
import { PublishedResources } from "./published-resources.ts";
import { Quarantine } from "./quarantine/quarantine.ts";
import { ResourceView } from "./resource-view.ts";
import type { StreamDeps } from "./streams/proxy-stream.ts";
import { ProxyStream } from "./streams/proxy-stream.ts";
import { defaultLimits } from "./streams/stream-limits.ts";
import { XdsEvents } from "./xds-events.ts";
import { createXdsMetrics } from "./xds-metrics.ts";

type Step =
  | { readonly kind: "publish"; readonly set: readonly (readonly [ResourceType, string, string])[] }
  | { readonly kind: "remove"; readonly type: ResourceType; readonly name: string }
  | { readonly kind: "subscribe"; readonly type: ResourceType; readonly name: string }
  | { readonly kind: "unsubscribe"; readonly type: ResourceType; readonly name: string }
  | { readonly kind: "read" }
  | { readonly kind: "acknowledge" }
  | { readonly kind: "refuse"; readonly applied: boolean }
  | { readonly kind: "wait" }
  | { readonly kind: "reconnect" };

const type = fc.constantFrom<ResourceType>("cluster", "endpoints");
const name = fc.constantFrom("a", "b", "c");
const asked = fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: fc.constant("*") });
const content = fc.constantFrom("1", "2", "3");

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("publish"),
    set: fc.array(fc.tuple(type, name, content), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("remove"), type, name }),
  fc.record({ kind: fc.constant("subscribe"), type, name: asked }),
  fc.record({ kind: fc.constant("unsubscribe"), type, name: asked }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("acknowledge") }) },
  fc.record({ kind: fc.constant("refuse"), applied: fc.boolean() }),
  fc.record({ kind: fc.constant("wait") }),
  fc.record({ kind: fc.constant("reconnect") }),
) as fc.Arbitrary<Step>;

/** What a proxy knows, apart from the connection: as Envoy keeps it when the control plane goes away. */
class ModelProxy {
  readonly names = new Map<ResourceType, Set<string>>(additionOrder.map((of) => [of, new Set()]));
  readonly held = new Map<ResourceType, Map<string, string>>(
    additionOrder.map((of) => [of, new Map()]),
  );
  /** Versions that the proxy refused and that were not replaced since, by type and name. */
  readonly refused = new Map<string, string>();
  readonly unanswered: DeltaDiscoveryResponse[] = [];

  asksFor(of: ResourceType, wanted: string): boolean {
    const names = this.names.get(of);
    return names?.has(wanted) === true || (of === "cluster" && names?.has("*") === true);
  }

  apply(response: DeltaDiscoveryResponse): void {
    const of = typeOf(response);
    for (const [changed, version] of versionsIn(response)) {
      if (!this.asksFor(of, changed)) continue;
      if (version === undefined) this.held.get(of)?.delete(changed);
      else this.held.get(of)?.set(changed, version);
    }
  }
}

function typeOf(response: DeltaDiscoveryResponse): ResourceType {
  const of = parseTypeUrl(response.typeUrl);
  assert.ok(of !== undefined);
  return of;
}

function versionsIn(
  response: DeltaDiscoveryResponse,
): readonly (readonly [string, string | undefined])[] {
  const sent = (response.$unknown ?? []).map((field) => {
    const { name: named, version } = fromBinary(
      ResourceSchema,
      new BinaryReader(field.data).bytes(),
    );
    return [named, version] as const;
  });
  return [...sent, ...response.removedResources.map((gone) => [gone, undefined] as const)];
}

class World {
  readonly published = new PublishedResources();
  readonly proxy = new ModelProxy();
  readonly clock = createManualClock();
  readonly quarantine: Quarantine;
  readonly view: ResourceView;
  readonly #deps: StreamDeps;
  readonly #started = new Set<ResourceType>();
  stream: ProxyStream;

  constructor(deps: Pick<StreamDeps, "metrics">) {
    for (const of of additionOrder) this.published.open(of);
    this.quarantine = new Quarantine({
      published: this.published,
      verdicts: [],
      changed: () => undefined,
      offered: (names) => this.stream.changed(names, this.published.revision),
    });
    const onDemand = new OnDemandSecrets(() => undefined);
    const { published, quarantine } = this;
    this.view = new ResourceView({ published, onDemand, quarantine, envoy: "1" });
    this.#deps = {
      ...deps,
      clock: this.clock,
      log: silentLog,
      events: new XdsEvents(),
      view: this.view,
      isOpen: () => true,
      beside: () => [],
      hasBegun: () => true,
      limits: { ...defaultLimits, maxResponseBytes: 150, maxUnanswered: 3 },
    };
    this.stream = this.#connect();
  }

  #connect(): ProxyStream {
    return new ProxyStream(this.#deps, { proxy: "p", stream: 1 }, "aggregated");
  }

  request(of: ResourceType, fields: Partial<DeltaDiscoveryRequest>): void {
    const request = create(DeltaDiscoveryRequestSchema);
    this.#started.add(of);
    assert.ok(this.stream.receive(Object.assign(request, { typeUrl: typeUrls[of] }, fields)).ok);
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case "publish":
        return this.publish(next.set.map(([of, named, text]) => resource(of, named, text)));
      case "remove":
        return this.change({ set: [], removed: [{ type: next.type, name: next.name }] });
      case "subscribe":
        return this.subscribe(next.type, next.name);
      case "unsubscribe":
        return this.unsubscribe(next.type, next.name);
      case "read":
        this.read();
        return;
      case "acknowledge":
        return this.answer(true);
      case "refuse":
        return this.answer(false, next.applied);
      case "wait":
        return this.clock.advance({ seconds: 1 });
      case "reconnect":
        return this.reconnect();
    }
  }

  publish(set: readonly ReturnType<typeof resource>[]): void {
    this.change({ set, removed: [] });
  }

  change(change: Parameters<PublishedResources["apply"]>[0]): void {
    const changed = this.published.apply(change);
    this.stream.changed(
      [...changed, ...this.quarantine.replaced(changed)],
      this.published.revision,
    );
  }

  subscribe(of: ResourceType, wanted: string): void {
    this.proxy.names.get(of)?.add(wanted);
    this.proxy.refused.delete(`${of} ${wanted}`);
    this.request(of, { resourceNamesSubscribe: [wanted] });
  }

  unsubscribe(of: ResourceType, wanted: string): void {
    // The first request of a type with nothing asked for would ask for everything.
    if (!this.#started.has(of)) return;
    this.proxy.names.get(of)?.delete(wanted);
    for (const held of this.proxy.held.get(of)?.keys() ?? []) {
      if (!this.proxy.asksFor(of, held)) this.proxy.held.get(of)?.delete(held);
    }
    this.request(of, { resourceNamesUnsubscribe: [wanted] });
  }

  read(): boolean {
    const response = this.stream.next();
    if (response === undefined) return false;
    this.proxy.unanswered.push(response);
    return true;
  }

  answer(accept: boolean, applied = true): void {
    const response = this.proxy.unanswered.shift();
    if (response === undefined) return;
    const of = typeOf(response);
    if (accept || applied) this.proxy.apply(response);
    for (const [changed, version] of versionsIn(response)) {
      if (accept) this.proxy.refused.delete(`${of} ${changed}`);
      else this.proxy.refused.set(`${of} ${changed}`, version ?? "");
    }
    const errorDetail = create(StatusSchema, { message: "no" });
    this.request(of, { responseNonce: response.nonce, ...(accept ? {} : { errorDetail }) });
  }

  reconnect(): void {
    this.stream.close();
    this.stream = this.#connect();
    this.proxy.unanswered.length = 0;
    this.proxy.refused.clear();
    this.#started.clear();
    for (const [of, names] of this.proxy.names) {
      if (names.size === 0) continue;
      const initialResourceVersions = Object.fromEntries(this.proxy.held.get(of) ?? []);
      this.request(of, { resourceNamesSubscribe: [...names], initialResourceVersions });
    }
  }

  /** Reads and accepts until nothing comes, also after a while; returns how many responses came. */
  async settle(): Promise<number> {
    let responses = 0;
    for (;;) {
      while (this.read()) responses += 1;
      if (this.proxy.unanswered.length > 0) this.answer(true);
      else if (this.clock.timerCount() > 0) await this.clock.advance({ seconds: 1 });
      else return responses;
    }
  }
}

/** What a proxy keeps though other content is offered, and what that refers to. */
function isKept(view: ResourceView, of: ResourceType, named: string): boolean {
  const ofCluster = of === "endpoints" && view.keeps({ type: "cluster", name: named });
  return ofCluster || view.keeps({ type: of, name: named });
}

function expectConverged({ proxy, published, view }: World): void {
  for (const of of additionOrder) {
    const known = new Set([...published.all(of).keys(), ...(proxy.held.get(of)?.keys() ?? [])]);
    for (const named of known) {
      const wanted = proxy.asksFor(of, named) ? view.find(of, named)?.version : undefined;
      if (isKept(view, of, named)) continue;
      if (proxy.refused.get(`${of} ${named}`) === (wanted ?? "")) continue;
      // What a cluster refers to stays as long as the proxy refuses to change or remove it.
      if (of === "endpoints" && proxy.refused.has(`cluster ${named}`)) continue;
      assert.equal(proxy.held.get(of)?.get(named), wanted, `${of} ${named}`);
    }
  }
}

const metrics = createXdsMetrics(await createMetrics());

test("a proxy ends with what was published last of what it asks for, and a second reconnect costs nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100, size: "max" }), async (steps) => {
      const world = new World({ metrics });
      for (const next of steps) await world.take(next);
      await world.settle();
      expectConverged(world);
      assert.equal(await world.settle(), 0);
      const refusals = world.proxy.refused.size;
      world.reconnect();
      const resent = await world.settle();
      expectConverged(world);
      if (refusals === 0) assert.equal(resent, absentAnswers(world));
      assert.equal(world.clock.timerCount(), 0);
    }),
    { numRuns: 2000 },
  );
});

/**
 * Names asked for that do not exist are answered on each connection, and a proxy that has nothing of what it asks
 * for whole: one response a type here.
 */
function absentAnswers({ proxy, view }: World): number {
  let responses = 0;
  for (const [of, names] of proxy.names) {
    const kept = (named: string): boolean =>
      isKept(view, of, named) && proxy.held.get(of)?.has(named) === true;
    const plain = [...names].filter((named) => (named !== "*" || of !== "cluster") && !kept(named));
    const empty = names.has("*") && of === "cluster" && proxy.held.get(of)?.size === 0;
    if (empty || plain.some((named) => view.find(of, named) === undefined)) responses += 1;
  }
  return responses;
}

test("proxies share the encoded bytes: each response carries one and the same object", () => {
  const world = new World({ metrics });
  world.publish([resource("cluster", "a", "1")]);
  const other = new ProxyStream(
    {
      clock: world.clock,
      log: silentLog,
      metrics,
      events: new XdsEvents(),
      view: world.view,
      isOpen: () => true,
      beside: () => [],
      hasBegun: () => true,
      limits: defaultLimits,
    },
    { proxy: "q", stream: 2 },
    "aggregated",
  );
  const ask = create(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls.cluster });
  const responses = [world.stream, other].map((stream) => {
    assert.ok(stream.receive(ask).ok);
    return stream.next();
  });
  const [first, second] = responses.map((response) => response?.$unknown?.[0]?.data);
  assert.ok(first !== undefined);
  assert.equal(first, second);
  assert.equal(first, world.published.find("cluster", "a")?.resource.sent);
});
