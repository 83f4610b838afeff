/**
 * Members by key, kept by adding and removing one at a time, so that no computed value reads a whole collection.
 *
 * A member is a text (an object's key, say) with a value. Readers of a key see all its members; `KeyListener` hears
 * of keys that get their first member or lose their last.
 */

import type { Cell, Graph } from "./graph.ts";

export interface KeyListener {
  readonly added: (key: string) => void;
  readonly removed: (key: string) => void;
}

interface Entry<V> {
  readonly members: Map<string, V>;
  /** Set anew at every change of `members`; what readers are linked to. */
  readonly version: Cell<number>;
}

export class IndexByKey<V> {
  readonly #graph: Graph;
  readonly #listener: KeyListener | undefined;
  readonly #entries = new Map<string, Entry<V>>();
  #changes = 0;

  constructor(graph: Graph, listener?: KeyListener) {
    this.#graph = graph;
    this.#listener = listener;
  }

  /** Tracked. The members of a key now, in no order; a live view, so never the value of a derived itself. */
  get(key: string): ReadonlyMap<string, V> {
    const known = this.#entries.get(key);
    if (known === undefined && !this.#graph.isTracking()) return new Map();
    const entry = known ?? this.#add(key);
    entry.version.get();
    return entry.members;
  }

  set(key: string, member: string, value: V): void {
    const entry = this.#entries.get(key) ?? this.#add(key);
    if (entry.members.has(member) && Object.is(entry.members.get(member), value)) return;
    const isFirst = entry.members.size === 0;
    entry.members.set(member, value);
    entry.version.set(++this.#changes);
    if (isFirst) this.#listener?.added(key);
  }

  delete(key: string, member: string): void {
    const entry = this.#entries.get(key);
    if (entry?.members.delete(member) !== true) return;
    entry.version.set(++this.#changes);
    if (entry.members.size > 0) return;
    this.#listener?.removed(key);
    if (!entry.version.isRead()) this.#drop(key);
  }

  /** Untracked: every key that has a member now. */
  *keys(): Generator<string> {
    for (const [key, entry] of this.#entries) if (entry.members.size > 0) yield key;
  }

  #add(key: string): Entry<V> {
    const version = this.#graph.cell(0, this.#released, key);
    const entry: Entry<V> = { members: new Map(), version };
    this.#entries.set(key, entry);
    this.#graph.countCells(1);
    return entry;
  }

  readonly #released = (key: string): void => {
    if (this.#entries.get(key)?.members.size === 0) this.#drop(key);
  };

  #drop(key: string): void {
    if (this.#entries.delete(key)) this.#graph.countCells(-1);
  }
}
