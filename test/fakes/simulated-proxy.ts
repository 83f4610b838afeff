/** A proxy that asks as Envoy does, takes everything in, and holds what it was told: a delta client that runs by itself. */

import type { ResourceType } from "#envoy/resource.ts";
import type { Delivery, DeltaClient } from "./delta-client.ts";

/** Types that Envoy asks for whole, and what it asks for by the names that those bring. */
const wholeTypes = ["cluster", "listener", "scope"] as const satisfies readonly ResourceType[];
const named: Partial<Record<ResourceType, ResourceType>> = {
  cluster: "endpoints",
  scope: "routes",
};

export interface SimulatedProxyOptions {
  /** Called after each response. */
  readonly heard?: (delivery: Delivery) => void;
  /** What an earlier stream brought is held from the start. */
  readonly earlier?: SimulatedProxy | undefined;
  /** Awaited before each answer. Default: it answers at once. */
  readonly mayAnswer?: () => Promise<unknown>;
  /** A response with such a resource in it is refused. */
  readonly refuses?: (type: ResourceType, name: string) => boolean;
}

export class SimulatedProxy {
  readonly client: DeltaClient;
  readonly #held = new Map<ResourceType, Map<string, string>>();
  readonly #options: SimulatedProxyOptions;
  #resources = 0;

  /** Asks for everything, or for what is new over what an earlier stream brought. */
  constructor(client: DeltaClient, options: SimulatedProxyOptions = {}) {
    this.client = client;
    this.#options = options;
    const { earlier } = options;
    for (const type of wholeTypes) this.#ask(type, [], earlier);
    for (const type of ["endpoints", "routes"] as const) {
      const names = [...(earlier?.versions(type).keys() ?? [])];
      if (names.length > 0) this.#ask(type, names, earlier);
    }
    void this.#run();
  }

  /** How many resources it was sent. */
  get resources(): number {
    return this.#resources;
  }

  /** Name → version of what it holds of a type. */
  versions(type: ResourceType): ReadonlyMap<string, string> {
    return this.#held.get(type) ?? new Map();
  }

  #ask(type: ResourceType, subscribe: readonly string[], earlier?: SimulatedProxy): void {
    const held = new Map(earlier?.versions(type) ?? []);
    this.#held.set(type, held);
    this.client.ask(type, { subscribe, initialVersions: Object.fromEntries(held) });
  }

  async #run(): Promise<void> {
    for (;;) {
      const delivery = await this.client.next();
      await this.#options.mayAnswer?.();
      this.#take(delivery);
    }
  }

  #take(delivery: Delivery): void {
    const { heard = () => undefined, refuses = () => false } = this.#options;
    const guilty = Object.keys(delivery.versions).find((name) => refuses(delivery.type, name));
    if (guilty === undefined) this.#accept(delivery);
    else this.client.refuse(delivery, `${guilty} is refused`);
    heard(delivery);
  }

  #accept(delivery: Delivery): void {
    const { type, versions, removed } = delivery;
    const held = this.#held.get(type) ?? new Map<string, string>();
    this.#held.set(type, held);
    this.#resources += Object.keys(versions).length;
    for (const [name, version] of Object.entries(versions)) held.set(name, version);
    for (const name of removed) held.delete(name);
    const follows = named[type];
    if (follows !== undefined) {
      const known = this.#held.get(follows);
      const added = Object.keys(versions).filter((name) => known?.has(name) !== true);
      // Envoy asks for what a resource needs before it acknowledges the resource.
      if (added.length > 0) this.client.ask(follows, { subscribe: added });
      if (removed.length > 0) this.client.ask(follows, { unsubscribe: removed });
      for (const name of removed) known?.delete(name);
    }
    this.client.acknowledge(delivery);
  }
}
