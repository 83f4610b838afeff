/** Derived values by key, made when first read and forgotten when nobody reads them. */

import type { Derived, DeriveOptions, Graph } from "./graph.ts";

export class Memo<V> {
  readonly #graph: Graph;
  readonly #compute: (key: string) => V;
  readonly #options: DeriveOptions<V>;
  readonly #derived = new Map<string, Derived<V>>();

  constructor(graph: Graph, compute: (key: string) => V, options: DeriveOptions<V>) {
    this.#graph = graph;
    this.#compute = compute;
    this.#options = options;
  }

  /** Tracked. */
  get(key: string): V {
    const known = this.#derived.get(key);
    if (known !== undefined) return known.get();
    const derived = this.#graph.derive(() => this.#compute(key), {
      ...this.#options,
      released: () => this.#derived.delete(key),
    });
    this.#derived.set(key, derived);
    return derived.get();
  }

  /** How many are kept now. */
  get size(): number {
    return this.#derived.size;
  }
}
