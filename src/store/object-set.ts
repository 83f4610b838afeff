/** Objects by key, and by kind and namespace, so that a list costs what it lists and not what else is there. */

import { compareText } from "#base/compare.ts";
import { formatKey, type KindId, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";

type Names = Map<string, KubeObject>;

export class ObjectSet {
  readonly #byKey = new Map<string, KubeObject>();
  readonly #byKind = new Map<KindId, Map<string, Names>>();

  constructor(objects: Iterable<KubeObject> = []) {
    for (const object of objects) this.put(object);
  }

  /** `key` as `formatKey` gives it. */
  get(key: string): KubeObject | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Every object, in no order. */
  all(): Iterable<KubeObject> {
    return this.#byKey.values();
  }

  /** Takes an object in place of the one of its name. */
  put(object: KubeObject): void {
    const { kind, namespace, name } = keyOf(object);
    const namespaces = this.#byKind.get(kind) ?? new Map<string, Names>();
    const names = namespaces.get(namespace) ?? new Map<string, KubeObject>();
    this.#byKind.set(kind, namespaces);
    namespaces.set(namespace, names);
    names.set(name, object);
    this.#byKey.set(formatKey({ kind, namespace, name }), object);
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const { kind, namespace, name } = parseKey(key);
    const namespaces = this.#byKind.get(kind);
    const names = namespaces?.get(namespace);
    names?.delete(name);
    if (names?.size === 0) namespaces?.delete(namespace);
    if (namespaces?.size === 0) this.#byKind.delete(kind);
  }

  /** The objects of a kind by namespace and name; of all namespaces without one. */
  list(kind: KindId, namespace?: string): readonly KubeObject[] {
    const namespaces = this.#byKind.get(kind);
    if (namespaces === undefined) return [];
    if (namespace !== undefined) return byName(namespaces.get(namespace));
    return [...namespaces.keys()].sort(compareText).flatMap((one) => byName(namespaces.get(one)));
  }
}

function byName(names: Names | undefined): readonly KubeObject[] {
  const objects = [...(names?.values() ?? [])];
  return objects.sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}
