/** The objects of some kinds as known here: what the store lists and watches, and at once what we wrote ourselves. */

import type { KindId, KubeObject, ObjectKey } from "#kinds/object.ts";
import { formatKey, keyOf } from "#kinds/object.ts";
import { ObjectSet } from "./object-set.ts";
import { type ObjectStore, StoreError, type WatchPoints } from "./object-store.ts";

export interface ViewChange {
  readonly key: ObjectKey;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/**
 * Reads of the store may lag our own writes; a controller that counted pods by such reads would create them twice.
 * So the answer to each write is shown at once, and what the watch brings later counts only when it is newer.
 */
export class ObjectView {
  readonly #store: Pick<ObjectStore, "list" | "watch">;
  readonly #kinds: readonly KindId[];
  readonly #changed: (change: ViewChange) => void;
  readonly #objects = new ObjectSet();
  /** Objects that we removed and the watch still shows, by uid. */
  readonly #removed = new Set<string>();

  constructor(
    store: Pick<ObjectStore, "list" | "watch">,
    kinds: readonly KindId[],
    changed: (change: ViewChange) => void,
  ) {
    this.#store = store;
    this.#kinds = kinds;
    this.#changed = changed;
  }

  get(kind: KindId, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(formatKey({ kind, namespace, name }));
  }

  /** Objects of a kind in a namespace (in all without one), by namespace and name. */
  list(kind: KindId, namespace?: string): readonly KubeObject[] {
    return this.#objects.list(kind, namespace);
  }

  /** What the store answered to a write of ours, or what the watch says. */
  observe(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(formatKey(key));
    if (this.#removed.has(object.metadata.uid) || isKnown(object, before)) return;
    this.#objects.put(object);
    this.#changed({ key, before, after: object });
  }

  /** An object of ours that we removed. */
  forget(object: KubeObject): void {
    this.#removed.add(object.metadata.uid);
    this.#drop(object);
  }

  /** Lists all kinds, and gives the points from which to follow. */
  async load(): Promise<WatchPoints> {
    const points: Record<KindId, string> = {};
    for (const kind of this.#kinds) {
      const { items, point } = await this.#store.list(kind);
      points[kind] = point;
      const listed = new Set(items.map((object) => formatKey(keyOf(object))));
      for (const object of this.list(kind)) {
        if (!listed.has(formatKey(keyOf(object)))) this.#drop(object);
      }
      for (const object of items) this.observe(object);
    }
    return points;
  }

  /** Follows the store until aborted; lists again when it was left behind. */
  async follow(from: WatchPoints, signal: AbortSignal): Promise<void> {
    let next = from;
    while (!signal.aborted) {
      try {
        for await (const batch of this.#store.watch(next, signal)) {
          for (const event of batch.events) {
            if (event.kind === "set") this.observe(event.object);
            else {
              this.#removed.delete(event.object.metadata.uid);
              this.#drop(event.object);
            }
          }
          next = batch.points;
        }
        return;
      } catch (cause) {
        if (!(cause instanceof StoreError) || cause.code !== "expired") throw cause;
        next = await this.load();
      }
    }
  }

  #drop(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(formatKey(key));
    if (before === undefined || before.metadata.uid !== object.metadata.uid) return;
    this.#objects.delete(formatKey(key));
    this.#changed({ key, before, after: undefined });
  }
}

/** True when `before` says as much or more. Resource versions of one store are numbers that grow. */
function isKnown(object: KubeObject, before: KubeObject | undefined): boolean {
  if (before === undefined || before.metadata.uid !== object.metadata.uid) return false;
  const age = Number(before.metadata.resourceVersion) - Number(object.metadata.resourceVersion);
  if (age !== 0) return age > 0;
  // Of one version both: only that we removed it ourselves can be new.
  const goes = object.metadata.deletionTimestamp !== undefined;
  return !goes || before.metadata.deletionTimestamp !== undefined;
}
