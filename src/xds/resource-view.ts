/** What a proxy can be given under a name: what was published, else what is found on demand. */

import type { ResourceType } from "#envoy/resource.ts";
import type { EncodedResource } from "./encoded-resource.ts";
import type { OnDemandSecrets } from "./on-demand-secrets.ts";
import type { PublishedResources } from "./published-resources.ts";

export class ResourceView {
  readonly #published: PublishedResources;
  readonly #onDemand: OnDemandSecrets;

  constructor(published: PublishedResources, onDemand: OnDemandSecrets) {
    this.#published = published;
    this.#onDemand = onDemand;
  }

  find(type: ResourceType, name: string): EncodedResource | undefined {
    const published = this.#published.find(type, name);
    return published === undefined && type === "secret" ? this.#onDemand.find(name) : published;
  }

  /** The names a wildcard stands for. */
  names(type: ResourceType): Iterable<string> {
    return this.#published.all(type).keys();
  }

  /** A proxy began to ask for a name. */
  ask(type: ResourceType, name: string): void {
    if (type === "secret") this.#onDemand.ask(name);
  }

  /** It no longer does. */
  release(type: ResourceType, name: string): void {
    if (type === "secret") this.#onDemand.release(name);
  }

  /** The change that brought a name; the latest one for a name that is not published. */
  since(type: ResourceType, name: string): number {
    return this.#published.find(type, name)?.since ?? this.#published.revision;
  }

  /** The number of the latest change. */
  get revision(): number {
    return this.#published.revision;
  }
}
