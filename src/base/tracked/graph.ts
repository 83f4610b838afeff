/**
 * Tracked values: what reads a value is computed again when it changes, and only that.
 *
 * The graph is built on the propagation core of `alien-signals`; nothing else in the program imports that library.
 * Three rules keep it sound. A derived value never throws: its `onBug` says what stands in for it. Watchers run only
 * in `flush`, lowest stage first, so that whoever looks after a completed flush sees one consistent world. What nobody
 * reads any more is let go, an absent table entry included.
 */

import type { Link, ReactiveNode } from "alien-signals/system";
import { createReactiveSystem } from "alien-signals/system";
import { Due } from "./due.ts";

const mutable = 1;
const watching = 2;
const recursedCheck = 4;
const dirty = 16;
const pending = 32;

/** What values ask their graph. */
interface Access {
  readonly readCell: (node: CellNode) => unknown;
  readonly writeCell: (node: CellNode, value: unknown) => void;
  readonly readDerived: (node: DerivedNode) => unknown;
}

/** One object for each value, with its links in place: tens of thousands of them are a good part of all memory. */
class CellNode<T = unknown> implements ReactiveNode, Cell<T> {
  readonly role = "cell";
  flags = mutable;
  deps?: Link;
  depsTail?: Link;
  subs?: Link;
  subsTail?: Link;
  current: T;
  next: T;
  readonly released: ((key: string) => void) | undefined;
  readonly key: string;
  readonly #access: Access;

  constructor(access: Access, initial: T, released: CellNode["released"], key: string) {
    this.#access = access;
    this.current = initial;
    this.next = initial;
    this.released = released;
    this.key = key;
  }

  get(): T {
    return this.#access.readCell(this) as T;
  }

  set(value: T): void {
    this.#access.writeCell(this, value);
  }

  renew(value: T): void {
    // What is set and was not read yet has its readers told already.
    if ((this.flags & dirty) === 0) this.current = value;
    this.next = value;
  }

  isRead(): boolean {
    return this.subs !== undefined;
  }
}

class DerivedNode<T = unknown> implements ReactiveNode, Derived<T> {
  readonly role = "derived";
  flags = mutable | dirty;
  deps?: Link;
  depsTail?: Link;
  subs?: Link;
  subsTail?: Link;
  value: unknown = undefined;
  computed = false;
  readonly compute: () => unknown;
  readonly equals: (a: unknown, b: unknown) => boolean;
  readonly onBug: (error: unknown) => unknown;
  readonly released: (() => void) | undefined;
  readonly #access: Access;

  constructor(access: Access, compute: () => T, options: DeriveOptions<T>) {
    this.#access = access;
    this.compute = compute;
    this.equals = (options.equals ?? Object.is) as (a: unknown, b: unknown) => boolean;
    this.onBug = options.onBug;
    this.released = options.released;
  }

  get(): T {
    return this.#access.readDerived(this) as T;
  }
}

interface WatchNode extends ReactiveNode {
  readonly role: "watch";
  readonly stage: number;
  readonly run: () => void;
  queued: boolean;
  disposed: boolean;
}

type Node = CellNode | DerivedNode | WatchNode;

/** A value that is set from outside. */
export interface Cell<T> {
  /** Tracked. */
  get(): T;
  set(value: T): void;
  /** Puts a value in place that is the same to every reader: none of them is computed again. */
  renew(value: T): void;
  isRead(): boolean;
}

/** A value computed from others. */
export interface Derived<T> {
  /** Tracked. */
  get(): T;
}

export interface GraphCounts {
  /** Watchers that are not disposed, derived values that somebody reads, and cells made by tables. */
  readonly live: number;
  /** Derived values computed and watchers run since the graph was made. */
  readonly recomputed: number;
}

export interface GraphOptions {
  /** Called with what a compute function or watcher threw: a bug of ours, not a user's mistake. */
  readonly onBug: (error: unknown) => void;
}

export interface DeriveOptions<T> {
  /** What stands in when `compute` throws. */
  readonly onBug: (error: unknown) => T;
  /** Values equal by this count as unchanged; identity when absent. */
  readonly equals?: (a: T, b: T) => boolean;
  /** Called when its last reader is gone. */
  readonly released?: () => void;
}

export class Graph {
  readonly #onBug: (error: unknown) => void;
  readonly #stages: Due<WatchNode>[] = [];
  #active: Node | undefined;
  #cycle = 0;
  #runDepth = 0;
  #live = 0;
  #recomputed = 0;

  readonly #system = createReactiveSystem({
    update: (node) => this.#update(node as Node),
    notify: (node) => this.#enqueue(node as Node),
    unwatched: (node) => this.#unwatched(node as Node),
  });

  readonly #access: Access = {
    readCell: (node) => this.#readCell(node),
    writeCell: (node, value) => this.#writeCell(node, value),
    readDerived: (node) => this.#readDerived(node),
  };

  constructor(options: GraphOptions) {
    this.#onBug = options.onBug;
  }

  /** A cell; `released` is called with `key` when its last reader is gone: one function for many cells. */
  cell<T>(initial: T, released?: (key: string) => void, key = ""): Cell<T> {
    return new CellNode(this.#access, initial, released, key);
  }

  /** A derived value, computed when it is read and what it read has changed. */
  derive<T>(compute: () => T, options: DeriveOptions<T>): Derived<T> {
    return new DerivedNode(this.#access, compute, options);
  }

  /** Runs `run` at the next flush, and again whenever what it read has changed. The returned function ends that. */
  watch(stage: number, run: () => void): () => void {
    const node: WatchNode = {
      role: "watch",
      stage,
      run,
      queued: false,
      disposed: false,
      flags: watching | dirty,
    };
    this.#live++;
    this.#enqueue(node);
    return () => this.#dispose(node);
  }

  /** True inside a derived value or a watcher. */
  isTracking(): boolean {
    return this.#active !== undefined;
  }

  /** Reads without becoming a reader. */
  untracked<T>(read: () => T): T {
    const previous = this.#active;
    this.#active = undefined;
    try {
      return read();
    } finally {
      this.#active = previous;
    }
  }

  /** Runs what is due until nothing is, or until `pause` says so between two watchers. True when nothing is left. */
  flush(pause: () => boolean = () => false): boolean {
    for (;;) {
      const node = this.#takeNext();
      if (node === undefined) return true;
      this.#runWatch(node);
      if (pause()) return this.dueStage() === undefined;
    }
  }

  /** The lowest stage in which something is due; undefined when nothing is. */
  dueStage(): number | undefined {
    const stage = this.#stages.findIndex((due) => !due.isEmpty);
    return stage < 0 ? undefined : stage;
  }

  counts(): GraphCounts {
    return { live: this.#live, recomputed: this.#recomputed };
  }

  /** For tables and indexes: their cells count as live while they exist. */
  countCells(difference: number): void {
    this.#live += difference;
  }

  #contained({ compute, onBug }: DerivedNode): unknown {
    try {
      return compute();
    } catch (error) {
      this.#onBug(error);
      return onBug(error);
    }
  }

  #readCell(node: CellNode): unknown {
    if ((node.flags & dirty) !== 0 && this.#update(node) && node.subs !== undefined) {
      this.#system.shallowPropagate(node.subs);
    }
    this.#linkActive(node);
    return node.current;
  }

  #writeCell(node: CellNode, value: unknown): void {
    if (Object.is(node.next, value)) return;
    node.next = value;
    node.flags = mutable | dirty;
    if (node.subs !== undefined) this.#system.propagate(node.subs, this.#runDepth > 0);
  }

  #readDerived(node: DerivedNode): unknown {
    if (this.#isStale(node)) {
      if (this.#update(node) && node.subs !== undefined) this.#system.shallowPropagate(node.subs);
    }
    if (this.#active === undefined) {
      const value = node.value;
      if (node.subs === undefined) this.#release(node);
      return value;
    }
    this.#linkActive(node);
    return node.value;
  }

  #isStale(node: DerivedNode): boolean {
    if ((node.flags & dirty) !== 0) return true;
    if ((node.flags & pending) === 0 || node.deps === undefined) return false;
    if (this.#system.checkDirty(node.deps, node)) return true;
    node.flags &= ~pending;
    return false;
  }

  #linkActive(node: Node): void {
    if (this.#active !== undefined) this.#system.link(node, this.#active, this.#cycle);
  }

  #update(node: Node): boolean {
    if (node.role === "cell") {
      node.flags = mutable;
      const changed = !Object.is(node.current, node.next);
      node.current = node.next;
      return changed;
    }
    if (node.role === "watch") return true;
    const before = node.value;
    const wasComputed = node.computed;
    if (!wasComputed) this.#live++;
    this.#recomputed++;
    node.computed = true;
    forgetTail(node);
    node.flags = mutable | recursedCheck;
    const value = this.#evaluate(node, () => this.#contained(node));
    node.flags &= ~recursedCheck;
    this.#purgeDeps(node);
    if (wasComputed && node.equals(before, value)) return false;
    node.value = value;
    return true;
  }

  #evaluate<T>(node: Node, run: () => T): T {
    const previous = this.#active;
    this.#active = node;
    this.#cycle++;
    try {
      return run();
    } finally {
      this.#active = previous;
    }
  }

  #enqueue(node: Node): void {
    if (node.role !== "watch" || node.queued || node.disposed) return;
    node.queued = true;
    while (this.#stages.length <= node.stage) this.#stages.push(new Due());
    this.#stages[node.stage]?.add(node);
  }

  #takeNext(): WatchNode | undefined {
    for (const due of this.#stages) {
      const node = due.take();
      if (node !== undefined) return node;
    }
    return undefined;
  }

  #runWatch(node: WatchNode): void {
    node.queued = false;
    if (node.disposed) return;
    const due =
      (node.flags & dirty) !== 0 ||
      ((node.flags & pending) !== 0 &&
        node.deps !== undefined &&
        this.#system.checkDirty(node.deps, node));
    if (!due) {
      node.flags = watching;
      return;
    }
    this.#recomputed++;
    forgetTail(node);
    node.flags = watching | recursedCheck;
    this.#runDepth++;
    try {
      this.#evaluate(node, node.run);
    } catch (error) {
      this.#onBug(error);
    } finally {
      this.#runDepth--;
      node.flags &= ~recursedCheck;
      this.#purgeDeps(node);
    }
  }

  #dispose(node: WatchNode): void {
    if (node.disposed) return;
    node.disposed = true;
    node.flags = 0;
    this.#live--;
    this.#dropDeps(node);
  }

  #unwatched(node: Node): void {
    if (node.role === "derived") this.#release(node);
    else if (node.role === "cell") node.released?.(node.key);
  }

  #release(node: DerivedNode): void {
    if (!node.computed) return;
    this.#live--;
    node.computed = false;
    node.value = undefined;
    node.flags = mutable | dirty;
    this.#dropDeps(node);
    node.released?.();
  }

  #purgeDeps(node: Node): void {
    const tail = node.depsTail;
    let link = tail !== undefined ? tail.nextDep : node.deps;
    while (link !== undefined) link = this.#system.unlink(link, node);
  }

  #dropDeps(node: Node): void {
    forgetTail(node);
    this.#purgeDeps(node);
  }
}

/** The library clears this field so; its types, read strictly, do not allow it. */
function forgetTail(node: { depsTail?: unknown }): void {
  node.depsTail = undefined;
}
