/** The resources that hold now, and what has changed since somebody last asked. */

import { compareText } from "#base/compare.ts";
import type { Resource, ResourceChange, ResourceName, ResourceType } from "./resource.ts";

export class ResourceSet {
  readonly #current = new NameMap<Resource>();
  /** What was told at the last {@link takeChange}, for names that have changed since. */
  #before = new NameMap<Resource | undefined>();
  readonly #amend: (resource: Resource) => Resource;

  /** `amend`: has the last word on every resource. */
  constructor(amend: (resource: Resource) => Resource) {
    this.#amend = amend;
  }

  set(built: Resource): void {
    const resource = this.#amend(built);
    const current = this.#current.of(resource.type);
    const before = current.get(resource.name);
    if (before?.version === resource.version) return;
    this.#remember(resource, before);
    current.set(resource.name, resource);
  }

  remove(type: ResourceType, name: string): void {
    const before = this.get(type, name);
    if (before === undefined) return;
    this.#remember(before, before);
    this.#current.of(type).delete(name);
  }

  get(type: ResourceType, name: string): Resource | undefined {
    return this.#current.of(type).get(name);
  }

  /** All that hold now, by type and name. */
  all(): readonly Resource[] {
    return this.#current.sorted().map(([, resource]) => resource);
  }

  /** What differs from the last time this was asked; a change that was undone in between is none. */
  takeChange(): ResourceChange {
    const set: Resource[] = [];
    const removed: Resource[] = [];
    for (const [{ type, name }, before] of this.#before.sorted()) {
      const now = this.get(type, name);
      if (now === undefined && before !== undefined) removed.push(before);
      else if (now !== undefined && now.version !== before?.version) set.push(now);
    }
    this.#before = new NameMap();
    return { set, removed: removed.map(({ type, name }) => ({ type, name })) };
  }

  #remember({ type, name }: ResourceName, before: Resource | undefined): void {
    const names = this.#before.of(type);
    if (!names.has(name)) names.set(name, before);
  }
}

/** Values by type and name, without a text made of both for each. */
class NameMap<V> {
  readonly #types = new Map<ResourceType, Map<string, V>>();

  of(type: ResourceType): Map<string, V> {
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    const names = new Map<string, V>();
    this.#types.set(type, names);
    return names;
  }

  /** By type and name. */
  sorted(): readonly (readonly [ResourceName, V])[] {
    return [...this.#types]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([type, names]) =>
        [...names]
          .sort(([a], [b]) => compareText(a, b))
          .map(([name, value]) => [{ type, name }, value] as const),
      );
  }
}
