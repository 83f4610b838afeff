/** Secrets that are found by a function when a proxy asks for them (by server name), and kept while one does. */

import type { Resource } from "#envoy/resource.ts";

/** The secret behind a name, its own name inside the message being that name; undefined when there is none. */
export type ResolveSecret = (name: string) => Resource | undefined;

/** Hears which names are asked for, so that it can tell when what is behind one may have changed. */
export interface AskedNames {
  readonly added: (name: string) => void;
  readonly removed: (name: string) => void;
}

interface Asked {
  askers: number;
  found: Resource | undefined;
}

export class OnDemandSecrets {
  readonly #resolve: ResolveSecret;
  readonly #names: AskedNames | undefined;
  readonly #asked = new Map<string, Asked>();

  constructor(resolve: ResolveSecret, names?: AskedNames) {
    this.#resolve = resolve;
    this.#names = names;
  }

  /** One more proxy asks for the name. */
  ask(name: string): void {
    const asked = this.#asked.get(name);
    if (asked === undefined) {
      this.#asked.set(name, { askers: 1, found: this.#find(name) });
      this.#names?.added(name);
    } else asked.askers += 1;
  }

  /** One proxy less asks for it; the last one frees it. */
  release(name: string): void {
    const asked = this.#asked.get(name);
    if (asked === undefined) return;
    asked.askers -= 1;
    if (asked.askers > 0) return;
    this.#asked.delete(name);
    this.#names?.removed(name);
  }

  /** What is behind a name that is asked for. */
  find(name: string): Resource | undefined {
    return this.#asked.get(name)?.found;
  }

  /** Names asked for now. */
  names(): IterableIterator<string> {
    return this.#asked.keys();
  }

  /** Looks again behind the asked names among `names`; returns those with something else there. */
  refresh(names: Iterable<string>): readonly string[] {
    const changed: string[] = [];
    for (const name of names) {
      const asked = this.#asked.get(name);
      if (asked === undefined) continue;
      const before = asked.found?.version;
      asked.found = this.#find(name, asked.found);
      if (asked.found?.version !== before) changed.push(name);
    }
    return changed;
  }

  #find(name: string, before?: Resource): Resource | undefined {
    const resource = this.#resolve(name);
    if (resource === undefined) return undefined;
    if (resource.type !== "secret" || resource.name !== name) {
      throw new Error(`the secret found for ${name} is ${resource.type} ${resource.name}`);
    }
    return before?.version === resource.version ? before : resource;
  }
}
