/** Tracked cells by key; a key that is absent can be read, and is forgotten when nobody reads it any more. */

import type { Cell, Graph } from "./graph.ts";

export class Table<V> {
  readonly #graph: Graph;
  readonly #cells = new Map<string, Cell<V | undefined>>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Tracked. */
  get(key: string): V | undefined {
    const known = this.#cells.get(key);
    if (known !== undefined) return known.get();
    if (!this.#graph.isTracking()) return undefined;
    return this.#add(key, undefined).get();
  }

  set(key: string, value: V): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#add(key, value);
    else cell.set(value);
  }

  /** As {@link set}, for a value that is the same to every reader: none of them is computed again. */
  renew(key: string, value: V): void {
    this.#cells.get(key)?.renew(value);
  }

  delete(key: string): void {
    const cell = this.#cells.get(key);
    cell?.set(undefined);
    if (cell?.isRead() === false) this.#drop(key);
  }

  /** Untracked: every key that has a value now. */
  *entries(): Generator<readonly [string, V]> {
    for (const [key, cell] of this.#cells) {
      const value = this.#graph.untracked(() => cell.get());
      if (value !== undefined) yield [key, value];
    }
  }

  #add(key: string, value: V | undefined): Cell<V | undefined> {
    const cell = this.#graph.cell<V | undefined>(value, this.#released, key);
    this.#cells.set(key, cell);
    this.#graph.countCells(1);
    return cell;
  }

  readonly #released = (key: string): void => {
    const cell = this.#cells.get(key);
    if (cell !== undefined && this.#graph.untracked(() => cell.get()) === undefined)
      this.#drop(key);
  };

  #drop(key: string): void {
    if (this.#cells.delete(key)) this.#graph.countCells(-1);
  }
}
