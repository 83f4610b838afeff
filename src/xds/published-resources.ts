/** What every proxy ought to have: the latest resource behind each type and name. */

import type { Resource, ResourceChange, ResourceName, ResourceType } from "#envoy/resource.ts";
import { additionOrder } from "./ordering/resource-order.ts";

export interface PublishedResource {
  readonly resource: Resource;
  /** The change with which the name first appeared. */
  readonly since: number;
  /** A proxy acknowledged this content. */
  isProven: boolean;
  /** What a proxy acknowledged last, until it has acknowledged this content. */
  good: Resource | undefined;
}

export class PublishedResources {
  readonly #byType: ReadonlyMap<ResourceType, Map<string, PublishedResource>> = new Map(
    additionOrder.map((type) => [type, new Map()]),
  );
  readonly #open = new Set<ResourceType>();
  #hasBegun = false;
  #revision = 0;

  /** How many changes were applied so far. */
  get revision(): number {
    return this.#revision;
  }

  /** Applies a change; returns the names whose content really changed, what is referred to first. */
  apply(change: ResourceChange): readonly ResourceName[] {
    this.#revision += 1;
    const changed: ResourceName[] = [];
    for (const { type, name } of change.removed) {
      if (this.#of(type).delete(name)) changed.push({ type, name });
    }
    for (const resource of change.set) {
      if (this.#put(resource)) changed.push({ type: resource.type, name: resource.name });
    }
    return changed.sort((a, b) => rank(a.type) - rank(b.type));
  }

  /** A proxy has this content under this name. */
  acknowledged({ type, name }: ResourceName, version: string): void {
    const published = this.#of(type).get(name);
    if (published === undefined || published.resource.version !== version) return;
    published.isProven = true;
    published.good = undefined;
  }

  #put(resource: Resource): boolean {
    const names = this.#of(resource.type);
    const before = names.get(resource.name);
    if (before?.resource.version === resource.version) return false;
    names.set(resource.name, {
      resource,
      since: before?.since ?? this.#revision,
      isProven: false,
      good: before?.isProven === true ? before.resource : before?.good,
    });
    return true;
  }

  /** The current resource of that name. */
  find(type: ResourceType, name: string): PublishedResource | undefined {
    return this.#of(type).get(name);
  }

  /** All of a type. */
  all(type: ResourceType): ReadonlyMap<string, PublishedResource> {
    return this.#of(type);
  }

  /** From now on what is there may go to proxies that have nothing yet, of every type; what is absent may still come. */
  begin(): void {
    this.#hasBegun = true;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** From now on what is absent from `type` is known to be absent. Nothing of a type is sent before, but for {@link begin}. */
  open(type: ResourceType): void {
    this.#open.add(type);
  }

  isOpen(type: ResourceType): boolean {
    return this.#open.has(type);
  }

  #of(type: ResourceType): Map<string, PublishedResource> {
    const names = this.#byType.get(type);
    if (names === undefined) throw new Error(`no resources of type ${type}`);
    return names;
  }
}

function rank(type: ResourceType): number {
  return additionOrder.indexOf(type);
}
