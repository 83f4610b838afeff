/** Values by rank, the smallest first; of equal ranks the one that came first. */

interface Entry<T> {
  readonly value: T;
  readonly rank: number;
  readonly turn: number;
}

export class Heap<T> {
  readonly #entries: Entry<T>[] = [];
  #turn = 0;

  push(value: T, rank: number): void {
    const entries = this.#entries;
    const entry = { value, rank, turn: this.#turn++ };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || isBefore(above, entry)) break;
      entries[at] = above;
      at = parent;
    }
    entries[at] = entry;
  }

  /** Undefined when there is none. */
  pop(): T | undefined {
    const [first] = this.#entries;
    const last = this.#entries.pop();
    if (first !== undefined && last !== undefined && this.#entries.length > 0) this.#sink(last);
    return first?.value;
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries;
    let at = 0;
    for (;;) {
      const [left, right] = [entries[2 * at + 1], entries[2 * at + 2]];
      if (left === undefined) break;
      const [child, next] =
        right !== undefined && isBefore(right, left)
          ? ([right, 2 * at + 2] as const)
          : ([left, 2 * at + 1] as const);
      if (isBefore(entry, child)) break;
      entries[at] = child;
      at = next;
    }
    entries[at] = entry;
  }
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.turn < other.turn);
}
