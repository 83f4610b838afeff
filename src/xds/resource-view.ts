/** What the proxies of one version of Envoy can be given under a name: what was published and not refused, else what is found on demand. */

import type { Resource, ResourceName, ResourceType } from "#envoy/resource.ts";
import type { OnDemandSecrets } from "./on-demand-secrets.ts";
import type { PublishedResources } from "./published-resources.ts";
import type { Quarantine, Refusal, Verdict } from "./quarantine/quarantine.ts";
import type { Variant } from "./quarantine/trial.ts";

export interface ViewDeps {
  readonly published: PublishedResources;
  readonly onDemand: OnDemandSecrets;
  readonly quarantine: Quarantine;
  /** Version of Envoy; empty when a proxy does not say. */
  readonly envoy: string;
}

export class ResourceView {
  readonly #deps: ViewDeps;

  constructor(deps: ViewDeps) {
    this.#deps = deps;
  }

  find(type: ResourceType, name: string): Resource | undefined {
    const { published, onDemand, quarantine, envoy } = this.#deps;
    const found = published.find(type, name);
    if (found !== undefined) return quarantine.offer(envoy, found);
    return type === "secret" ? onDemand.find(name) : undefined;
  }

  /** Whether a proxy that has something under the name keeps it, whatever {@link find} says. */
  keeps(name: ResourceName): boolean {
    return this.#deps.quarantine.keeps(this.#deps.envoy, name);
  }

  /** Whether that content is known to be refused. */
  isRefused(name: ResourceName, version: string): boolean {
    return this.#deps.quarantine.isRefused(this.#deps.envoy, name, version);
  }

  /** Variants of content that was refused alone; none when it is not what is published. */
  variantsOf({ type, name }: ResourceName, version: string): readonly Variant[] {
    const published = this.#deps.published.find(type, name);
    return published?.resource.version === version
      ? this.#deps.quarantine.variantsOf(published)
      : [];
  }

  /** A proxy refused this content alone. False when it is not what is offered any more. */
  condemn({ type, name }: ResourceName, version: string, refusal: Refusal): boolean {
    const { published, quarantine, envoy } = this.#deps;
    const found = published.find(type, name);
    if (found?.resource.version !== version) {
      return quarantine.substituteRefused(envoy, { type, name }, version);
    }
    quarantine.condemn(envoy, found, refusal);
    return true;
  }

  /** A proxy took this content in. */
  accepted(name: ResourceName, version: string): void {
    this.#deps.published.acknowledged(name, version);
    this.#deps.quarantine.accepted(this.#deps.envoy, name, version);
  }

  /** What these proxies refuse. */
  refusals(): readonly Verdict[] {
    const { quarantine, envoy } = this.#deps;
    return quarantine.verdicts().filter((verdict) => verdict.envoy === envoy);
  }

  /** The names a wildcard stands for. */
  names(type: ResourceType): Iterable<string> {
    return this.#deps.published.all(type).keys();
  }

  /** A proxy began to ask for a name. */
  ask(type: ResourceType, name: string): void {
    if (type === "secret") this.#deps.onDemand.ask(name);
  }

  /** It no longer does. */
  release(type: ResourceType, name: string): void {
    if (type === "secret") this.#deps.onDemand.release(name);
  }

  /** The change that brought a name; the latest one for a name that is not published. */
  since(type: ResourceType, name: string): number {
    return this.#deps.published.find(type, name)?.since ?? this.#deps.published.revision;
  }

  /** Whether what is absent from a type is known to be absent. */
  isOpen(type: ResourceType): boolean {
    return this.#deps.published.isOpen(type);
  }

  /** The number of the latest change. */
  get revision(): number {
    return this.#deps.published.revision;
  }
}
