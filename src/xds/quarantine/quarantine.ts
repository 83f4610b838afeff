/**
 * What Envoy refuses, kept from it: each verdict is about one content under one name at one version of Envoy.
 *
 * In place of refused content a proxy is offered, in this order: the same without its guilty part; what was in force
 * before, when that protects at least as well; 503 for a host, nobody for a cluster; nothing. What was in force before
 * is not always known here (another control plane sent it): it stays where it protects as well. A verdict ends when its
 * name gets other content, and when Envoy takes the content after all.
 */

import { closed, suspectsIn, withoutPart } from "#envoy/parts.ts";
import type { Resource, ResourceName, ResourceType } from "#envoy/resource.ts";
import { protectionHash, protectsAsWellAs } from "#envoy/resource.ts";
import { withoutClusters } from "#envoy/routes/closed-routes.ts";
import type { PublishedResource, PublishedResources } from "../published-resources.ts";
import type { Variant } from "./trial.ts";

export interface Verdict extends ResourceName {
  /** Version of the Envoy that refused; empty when it did not say. */
  readonly envoy: string;
  /** Version of the content. */
  readonly version: string;
  /** Envoy's own text. */
  readonly message: string;
  /** The part of the content that is guilty: an object's key, a filter chain's name. Absent: all of it. */
  readonly part?: string;
  /** What is offered instead; absent: nothing. */
  readonly substitute?: Resource;
  /** A proxy that has something under the name keeps that. */
  readonly keeps: boolean;
}

export interface Refusal {
  /** Envoy's own text. */
  readonly message: string;
  /** The variant of the content that was not refused. */
  readonly accepted?: Variant;
  /** Version of what the refusing proxy has under the name; absent: nothing. */
  readonly heldVersion?: string;
}

interface Sentence {
  readonly verdict: Verdict;
  /** Offered once more. */
  isRetried: boolean;
}

export interface QuarantineDeps {
  readonly published: PublishedResources;
  /** Verdicts of an earlier run. */
  readonly verdicts: readonly Verdict[];
  /** {@link Quarantine.verdicts} has changed. */
  readonly changed: () => void;
  /** What is offered under these names has changed. */
  readonly offered: (names: readonly ResourceName[]) => void;
}

export class Quarantine {
  readonly #deps: QuarantineDeps;
  /** By Envoy, type and name. */
  readonly #sentences = new Map<string, Sentence>();
  /** Routes without clusters that no proxy can have, by what they are made of. */
  readonly #closedRoutes = new Map<string, Resource>();

  constructor(deps: QuarantineDeps) {
    this.#deps = deps;
    for (const verdict of deps.verdicts) this.#sentences.set(keyOf(verdict), sentenceOf(verdict));
  }

  /** What a proxy of that Envoy is offered under a name that is published. */
  offer(envoy: string, published: PublishedResource): Resource | undefined {
    if (this.#sentences.size === 0) return published.resource;
    const { resource } = published;
    const sentence = this.#sentenceOf(envoy, resource);
    const isFree = sentence === undefined || sentence.isRetried;
    const offered = isFree ? resource : sentence.verdict.substitute;
    return offered === undefined ? undefined : this.#reachable(envoy, offered);
  }

  /** Whether a proxy that has something under the name keeps it, whatever is offered. */
  keeps(envoy: string, name: ResourceName): boolean {
    if (this.#sentences.size === 0) return false;
    const sentence = this.#sentences.get(keyOf({ envoy, ...name }));
    return sentence?.verdict.keeps === true && !sentence.isRetried;
  }

  /** Whether that content under that name is refused by that Envoy. */
  isRefused(envoy: string, name: ResourceName, version: string): boolean {
    if (this.#sentences.size === 0) return false;
    return this.#sentences.get(keyOf({ envoy, ...name }))?.verdict.version === version;
  }

  /** Variants of published content that was refused alone, to find out which part is guilty. */
  variantsOf({ resource, good }: PublishedResource): readonly Variant[] {
    const suspects = suspectsIn(resource, good);
    if (suspects.length < 2) return [];
    return suspects.map((part) => ({ part, resource: withoutPart(resource, part) }));
  }

  /** Published content is refused by that Envoy. */
  condemn(envoy: string, published: PublishedResource, refusal: Refusal): void {
    const { resource, good } = published;
    const { message, accepted, heldVersion } = refusal;
    const before = this.#sentences.get(keyOf({ envoy, ...resource }));
    if (before?.isRetried === true && before.verdict.version === resource.version) {
      before.isRetried = false;
      this.#offerAnew(resource);
      return;
    }
    const suspects = suspectsIn(resource, good);
    const part = accepted?.part ?? (suspects.length === 1 ? suspects[0] : undefined);
    const substitute = accepted?.resource ?? this.#substituteFor(resource, good);
    const { type, name, version } = resource;
    const verdict: Verdict = {
      ...{ envoy, type, name, version, message },
      ...(part === undefined ? {} : { part }),
      ...(substitute === undefined ? {} : { substitute }),
      keeps:
        accepted === undefined &&
        good === undefined &&
        heldVersion !== undefined &&
        protectionHash(heldVersion) === protectionHash(version),
    };
    this.#sentences.set(keyOf(verdict), sentenceOf(verdict));
    this.#deps.changed();
    this.#offerAnew(resource);
  }

  /** What was offered in place of refused content is refused as well: nothing is offered. False when there is no such verdict. */
  substituteRefused(envoy: string, name: ResourceName, version: string): boolean {
    const key = keyOf({ envoy, ...name });
    const sentence = this.#sentences.get(key);
    if (sentence?.verdict.substitute?.version !== version) return false;
    const { substitute: _, ...verdict } = sentence.verdict;
    this.#sentences.set(key, sentenceOf(verdict));
    this.#deps.changed();
    this.#offerAnew(name);
    return true;
  }

  /** A proxy took the content after all. */
  accepted(envoy: string, name: ResourceName, version: string): void {
    if (!this.isRefused(envoy, name, version)) return;
    this.#sentences.delete(keyOf({ envoy, ...name }));
    this.#deps.changed();
    this.#offerAnew(name);
  }

  /** These names have other content now. Returns names of which something else is offered for it. */
  replaced(names: readonly ResourceName[]): readonly ResourceName[] {
    if (this.#sentences.size === 0) return [];
    const others: ResourceName[] = [];
    let changed = false;
    for (const name of names) {
      for (const [key, { verdict }] of this.#sentences) {
        if (verdict.type !== name.type || verdict.name !== name.name) continue;
        const now = this.#deps.published.find(name.type, name.name);
        if (now?.resource.version === verdict.version) continue;
        this.#sentences.delete(key);
        changed = true;
        others.push(...this.#usersOf(name));
      }
    }
    if (changed) this.#deps.changed();
    return others;
  }

  /** Offers refused content once more under these names. */
  retry(type: ResourceType, names: readonly string[]): void {
    for (const name of names) {
      for (const sentence of this.#sentences.values()) {
        if (sentence.verdict.type !== type || sentence.verdict.name !== name) continue;
        sentence.isRetried = true;
        this.#offerAnew({ type, name });
      }
    }
  }

  /** What is refused now. */
  verdicts(): readonly Verdict[] {
    return [...this.#sentences.values()].map(({ verdict }) => verdict);
  }

  #sentenceOf(envoy: string, resource: Resource): Sentence | undefined {
    const sentence = this.#sentences.get(keyOf({ envoy, ...resource }));
    return sentence?.verdict.version === resource.version ? sentence : undefined;
  }

  #substituteFor(resource: Resource, good: Resource | undefined): Resource | undefined {
    return good !== undefined && protectsAsWellAs(good, resource) ? good : closed(resource);
  }

  /**
   * Routes to clusters that a proxy cannot have answer 503 there. A listener does not wait for such a cluster: whoever is
   * passed on there finds nobody, and all others of the listener are not held up.
   */
  #reachable(envoy: string, offered: Resource): Resource {
    if (offered.type === "listener") return this.#withoutHopeless(envoy, offered);
    if (offered.type !== "routes") return offered;
    const missing = (offered.needs ?? []).filter((need) => !this.#canHave(envoy, need));
    if (missing.length === 0) return offered;
    const names = missing.map(({ name }) => name);
    const key = JSON.stringify([offered.name, offered.version, names]);
    const known = this.#closedRoutes.get(key);
    if (known !== undefined) return known;
    const routes = withoutClusters(offered, new Set(names));
    this.#closedRoutes.set(key, routes);
    return routes;
  }

  #withoutHopeless(envoy: string, listener: Resource): Resource {
    const { needs = [] } = listener;
    const hopeful = needs.filter((need) => need.type !== "cluster" || this.#canHave(envoy, need));
    return hopeful.length === needs.length ? listener : { ...listener, needs: hopeful };
  }

  #canHave(envoy: string, need: ResourceName): boolean {
    const published = this.#deps.published.find(need.type, need.name);
    if (published === undefined) return false;
    const sentence = this.#sentenceOf(envoy, published.resource);
    if (sentence === undefined || sentence.isRetried) return true;
    return sentence.verdict.substitute !== undefined || sentence.verdict.keeps;
  }

  #offerAnew(name: ResourceName): void {
    if (this.#sentences.size === 0) this.#closedRoutes.clear();
    this.#deps.offered([name, ...this.#usersOf(name)]);
  }

  /** Routes and listeners that lead to a cluster: what they can do depends on it. */
  #usersOf({ type, name }: ResourceName): readonly ResourceName[] {
    if (type !== "cluster") return [];
    const { published } = this.#deps;
    return (["routes", "listener"] as const)
      .flatMap((user) => [...published.all(user).values()])
      .map(({ resource }) => resource)
      .filter(({ needs = [] }) => needs.some((need) => need.type === type && need.name === name));
  }
}

function sentenceOf(verdict: Verdict): Sentence {
  return { verdict, isRetried: false };
}

function keyOf({ envoy, type, name }: { readonly envoy: string } & ResourceName): string {
  return JSON.stringify([envoy, type, name]);
}
