/** The resources that hold now, and what has changed since somebody last asked. */

import { compareText } from "#base/compare.ts";
import type { Resource, ResourceChange, ResourceType } from "./resource.ts";

export class ResourceSet {
  readonly #current = new Map<string, Resource>();
  /** What was told at the last {@link takeChange}, for names that have changed since. */
  readonly #before = new Map<string, Resource | undefined>();
  readonly #amend: (resource: Resource) => Resource;

  /** `amend`: has the last word on every resource. */
  constructor(amend: (resource: Resource) => Resource) {
    this.#amend = amend;
  }

  set(built: Resource): void {
    const resource = this.#amend(built);
    const key = `${resource.type} ${resource.name}`;
    const before = this.#current.get(key);
    if (before?.version === resource.version) return;
    this.#remember(key, before);
    this.#current.set(key, resource);
  }

  remove(type: ResourceType, name: string): void {
    const key = `${type} ${name}`;
    const before = this.#current.get(key);
    if (before === undefined) return;
    this.#remember(key, before);
    this.#current.delete(key);
  }

  get(type: ResourceType, name: string): Resource | undefined {
    return this.#current.get(`${type} ${name}`);
  }

  /** All that hold now, by type and name. */
  all(): readonly Resource[] {
    return [...this.#current.entries()]
      .sort(([a], [b]) => compareText(a, b))
      .map(([, resource]) => resource);
  }

  /** What differs from the last time this was asked; a change that was undone in between is none. */
  takeChange(): ResourceChange {
    const set: Resource[] = [];
    const removed: Resource[] = [];
    for (const [key, before] of [...this.#before].sort(([a], [b]) => compareText(a, b))) {
      const now = this.#current.get(key);
      if (now === undefined && before !== undefined) removed.push(before);
      else if (now !== undefined && now.version !== before?.version) set.push(now);
    }
    this.#before.clear();
    return { set, removed: removed.map(({ type, name }) => ({ type, name })) };
  }

  #remember(key: string, before: Resource | undefined): void {
    if (!this.#before.has(key)) this.#before.set(key, before);
  }
}
