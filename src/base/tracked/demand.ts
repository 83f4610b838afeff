/** Values supplied from outside, for just those keys that somebody reads. */

import type { Cell, Graph } from "./graph.ts";
import type { KeyListener } from "./index-by-key.ts";

export class Demand<V> {
  readonly #graph: Graph;
  readonly #supplier: KeyListener;
  readonly #cells = new Map<string, Cell<V | undefined>>();

  /** `supplier` hears of a key when it is first read, and again when nobody reads it any more. */
  constructor(graph: Graph, supplier: KeyListener) {
    this.#graph = graph;
    this.#supplier = supplier;
  }

  /** Tracked. Undefined until it is supplied. */
  get(key: string): V | undefined {
    const known = this.#cells.get(key);
    if (known !== undefined) return known.get();
    if (!this.#graph.isTracking()) return undefined;
    const cell = this.#graph.cell<V | undefined>(undefined, () => this.#released(key));
    this.#cells.set(key, cell);
    this.#graph.countCells(1);
    this.#supplier.added(key);
    return cell.get();
  }

  /** Supplies a value; one for a key that nobody reads is dropped. */
  supply(key: string, value: V): void {
    this.#cells.get(key)?.set(value);
  }

  #released(key: string): void {
    if (!this.#cells.delete(key)) return;
    this.#graph.countCells(-1);
    this.#supplier.removed(key);
  }
}
