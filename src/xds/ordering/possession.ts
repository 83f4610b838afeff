/**
 * What one proxy may have in force under each name: what it acknowledged last, and what is on its way.
 *
 *   sent       on its way: from now on the proxy may have it
 *   settled    it has this and nothing sent before it
 *
 * As long as anything in here refers to a name, that name must not be taken from the proxy.
 */

import type { Resource, ResourceName, ResourceType } from "#envoy/resource.ts";
import { wildcardIndexName } from "#envoy/routes/wildcard-index.ts";
import { additionOrder, referredToByName, referrers } from "./resource-order.ts";

/** The version of a name that is not there. */
export const absentVersion = "";

/** Content under a name; `unknown` is what another control plane gave the proxy, with the version it names. */
export type Content =
  | { readonly kind: "resource"; readonly resource: Resource }
  | { readonly kind: "unknown"; readonly version: string }
  | { readonly kind: "absent" };

interface Held {
  /** What it has for certain; undefined when it never answered for the name. */
  settled: Content | undefined;
  /** Sent since, oldest first. */
  sent: readonly Content[];
}

const absent: Content = { kind: "absent" };
const none: readonly Content[] = [];

/** The content that a resource, or its absence, is. */
export function contentOf(resource: Resource | undefined): Content {
  return resource === undefined ? absent : { kind: "resource", resource };
}

/** The version under which content is known to a proxy. */
export function versionOfContent(content: Content): string {
  switch (content.kind) {
    case "resource":
      return content.resource.version;
    case "unknown":
      return content.version;
    case "absent":
      return absentVersion;
  }
}

export class Possession {
  readonly #held = new Map<ResourceType, Map<string, Held>>(
    additionOrder.map((type) => [type, new Map()]),
  );
  readonly #references = new Map<ResourceType, Map<string, number>>(
    additionOrder.map((type) => [type, new Map()]),
  );
  /** Names of a type under which there is content that nobody knows: it may refer to anything of the types it can. */
  readonly #unknown = new Map<ResourceType, Set<string>>(
    additionOrder.map((type) => [type, new Set()]),
  );
  readonly #freed: (name: ResourceName) => void;
  readonly #known: (type: ResourceType) => void;

  /** `freed`: nothing refers to the name any more. `known`: content of the type that was unknown is no longer there. */
  constructor(on: {
    readonly freed: (name: ResourceName) => void;
    readonly known: (type: ResourceType) => void;
  }) {
    this.#freed = on.freed;
    this.#known = on.known;
  }

  /** The proxy may have this from now on. */
  sent({ type, name }: ResourceName, content: Content): void {
    const held = this.#of(type).get(name);
    if (held === undefined) this.#of(type).set(name, { settled: undefined, sent: [content] });
    else held.sent = [...held.sent, content];
    this.#refer({ type, name }, content, 1);
  }

  /** The proxy has content of this version; what it had and was sent before is gone. */
  settled({ type, name }: ResourceName, version: string): void {
    const held = this.#of(type).get(name);
    const at = held?.sent.findLastIndex((content) => versionOfContent(content) === version) ?? -1;
    if (held === undefined || at < 0) return;
    const content = held.sent[at];
    const gone = [
      ...(held.settled === undefined ? none : [held.settled]),
      ...held.sent.slice(0, at),
    ];
    held.settled = content;
    held.sent = held.sent.length === at + 1 ? none : held.sent.slice(at + 1);
    if (content?.kind === "absent" && held.sent.length === 0) this.#of(type).delete(name);
    for (const one of gone) this.#refer({ type, name }, one, -1);
  }

  /** The proxy came with this. */
  adopted({ type, name }: ResourceName, content: Content): void {
    this.#of(type).set(name, { settled: content, sent: none });
    this.#refer({ type, name }, content, 1);
  }

  /** What the proxy came with turns out to be this: it was published again. */
  recognised(named: ResourceName, resource: Resource): void {
    const held = this.#of(named.type).get(named.name);
    const unknown = held?.settled;
    if (held === undefined || unknown?.kind !== "unknown") return;
    if (unknown.version !== resource.version) return;
    const content = contentOf(resource);
    held.settled = content;
    this.#refer(named, content, 1);
    this.#refer(named, unknown, -1);
  }

  /** The proxy gave the name up, and what was under it. */
  gaveUp({ type, name }: ResourceName): void {
    const held = this.#of(type).get(name);
    if (held === undefined) return;
    this.#of(type).delete(name);
    for (const content of held.sent) this.#refer({ type, name }, content, -1);
    if (held.settled !== undefined) this.#refer({ type, name }, held.settled, -1);
  }

  /** What it has for certain; undefined when that is nothing. */
  settledContent({ type, name }: ResourceName): Content | undefined {
    const settled = this.#of(type).get(name)?.settled;
    return settled?.kind === "absent" ? undefined : settled;
  }

  /** What it will have once it took in everything sent; undefined when that is nothing. */
  newest({ type, name }: ResourceName): Content | undefined {
    const held = this.#of(type).get(name);
    const newest = held?.sent.at(-1) ?? held?.settled;
    return newest?.kind === "absent" ? undefined : newest;
  }

  /** Whether anything that the proxy may have refers to the name, or might. */
  isReferredTo({ type, name }: ResourceName): boolean {
    if (this.#countersOf(type).has(name)) return true;
    return referrers[type].some((referrer) => {
      const unknown = this.#unknown.get(referrer);
      // Of scopes only the index refers to others.
      if (type === "scope") return name !== wildcardIndexName && unknown?.has(wildcardIndexName);
      return referredToByName.has(type) ? unknown?.has(name) : (unknown?.size ?? 0) > 0;
    });
  }

  #refer({ type, name }: ResourceName, content: Content, by: 1 | -1): void {
    if (content.kind === "absent") return;
    if (content.kind === "unknown") {
      // What is not known comes with the stream, once, and goes for good.
      if (by === 1) this.#unknown.get(type)?.add(name);
      else if (this.#unknown.get(type)?.delete(name)) this.#known(type);
      return;
    }
    const { needs = [], uses = [] } = content.resource;
    for (const target of needs) this.#count(target, by);
    for (const target of uses) this.#count(target, by);
  }

  #count(target: ResourceName, by: 1 | -1): void {
    const counters = this.#countersOf(target.type);
    const count = (counters.get(target.name) ?? 0) + by;
    if (count > 0) {
      counters.set(target.name, count);
      return;
    }
    counters.delete(target.name);
    this.#freed(target);
  }

  #of(type: ResourceType): Map<string, Held> {
    return mapOf(this.#held, type);
  }

  #countersOf(type: ResourceType): Map<string, number> {
    return mapOf(this.#references, type);
  }
}

function mapOf<Value>(
  maps: ReadonlyMap<ResourceType, Map<string, Value>>,
  type: ResourceType,
): Map<string, Value> {
  const found = maps.get(type);
  if (found === undefined) throw new Error(`no resources of type ${type}`);
  return found;
}
