/** All objects known now, typed, tracked one by one and filed under the world's indexes. */

import { BoundedMap } from "#base/bounded-map.ts";
import { sameJson } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey } from "#base/tracked/index-by-key.ts";
import { Table } from "#base/tracked/table.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { type Kind, type Known, read } from "#kinds/kind.ts";
import { formatKey, type KindId, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { WorldIndex } from "./world-indexes.ts";

/** There may be tens of thousands of them, few of which a translation looks into: these are not kept as they were read. */
const seldomRead: ReadonlySet<KindId> = new Set([certificateKind.id, secretKind.id]);

/** How many of them are kept all the same. */
const readOfLate = 64;

const none: readonly Problem[] = [];

/** An object of these kinds. */
class ReadLater implements Known<unknown> {
  readonly object: KubeObject;
  readonly problems: readonly Problem[];
  readonly #read: (object: KubeObject) => unknown;

  constructor(
    object: KubeObject,
    problems: readonly Problem[],
    read: (object: KubeObject) => unknown,
  ) {
    this.object = object;
    this.problems = problems;
    this.#read = read;
  }

  get value(): unknown {
    return this.#read(this.object);
  }
}

export class KnownObjects {
  readonly #graph: Graph;
  readonly #indexes: readonly WorldIndex[];
  readonly #objects: Table<Known<unknown>>;
  readonly #values = new BoundedMap<KubeObject, unknown>(readOfLate);
  readonly #readers = new Map<KindId, (object: KubeObject) => unknown>();
  readonly #filed = new Map<string, IndexByKey<true>>();
  readonly #keys = new Map<string, readonly { readonly index: string; readonly key: string }[]>();

  constructor(graph: Graph, indexes: readonly WorldIndex[]) {
    this.#graph = graph;
    this.#indexes = indexes;
    this.#objects = new Table(graph);
    for (const index of indexes) this.#filed.set(index.name, new IndexByKey(graph));
  }

  /** Takes an object in place of its former state; nothing is computed again when nothing is new in it that is read here. */
  set(kind: Kind<unknown>, object: KubeObject): Known<unknown> {
    const text = formatKey(keyOf(object));
    const before = this.#graph.untracked(() => this.#objects.get(text));
    if (before !== undefined && readsAlike(before.object, object)) {
      const renewed = seldomRead.has(kind.id)
        ? this.#readLater(kind, object, before.problems)
        : { ...before, object };
      this.#objects.renew(text, renewed);
      return renewed;
    }
    const known = read(kind, object);
    const isKept = !seldomRead.has(kind.id);
    this.#objects.set(text, isKept ? known : this.#readLater(kind, object, known.problems));
    this.#file(text, known, kind.id);
    return known;
  }

  #readLater(kind: Kind<unknown>, object: KubeObject, problems: readonly Problem[]): ReadLater {
    const known = this.#readers.get(kind.id);
    const reader =
      known ?? ((one: KubeObject) => this.#values.getOrMake(one, () => read(kind, one).value));
    if (known === undefined) this.#readers.set(kind.id, reader);
    return new ReadLater(object, problems.length === 0 ? none : problems, reader);
  }

  delete(key: ObjectKey): void {
    const text = formatKey(key);
    this.#refile(text, []);
    this.#objects.delete(text);
  }

  /** Tracked. */
  get<T>(kind: Kind<T>, namespace: string, name: string): Known<T> | undefined {
    return this.#objects.get(formatKey({ kind: kind.id, namespace, name })) as Known<T> | undefined;
  }

  /** Tracked. An object by its `formatKey`. */
  at(key: string): Known<unknown> | undefined {
    return this.#objects.get(key);
  }

  /** Tracked. The `formatKey`s of the objects filed under a key of an index, in no order. */
  filed(index: string, key: string): ReadonlySet<string> {
    const entries = this.#filed.get(index);
    if (entries === undefined) throw new Error(`no index is named ${index}`);
    return new Set(entries.get(key).keys());
  }

  #file(text: string, known: Known<unknown>, kind: KindId): void {
    const keys = this.#indexes
      .filter((index) => index.kind === kind)
      .flatMap((index) => index.keysOf(known).map((key) => ({ index: index.name, key })));
    this.#refile(text, keys);
  }

  #refile(text: string, keys: readonly { readonly index: string; readonly key: string }[]): void {
    const before = this.#keys.get(text) ?? [];
    for (const { index, key } of keys) this.#filed.get(index)?.set(key, text, true);
    for (const old of before) {
      const isKept = keys.some(({ index, key }) => index === old.index && key === old.key);
      if (!isKept) this.#filed.get(old.index)?.delete(old.key, text);
    }
    if (keys.length === 0) this.#keys.delete(text);
    else this.#keys.set(text, keys);
  }
}

/** Statuses are written back by ourselves and others, and nothing is translated from them. */
function readsAlike(before: KubeObject, object: KubeObject): boolean {
  const { metadata } = object;
  const { resourceVersion } = before.metadata;
  return (
    before.apiVersion === object.apiVersion &&
    sameJson(before.metadata, { ...metadata, resourceVersion }) &&
    sameJson(before.body, object.body)
  );
}
