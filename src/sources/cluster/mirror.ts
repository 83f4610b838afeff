/** What was listed and watched of a cluster, in memory: lists and watches of it cost the API server nothing. */

import { formatKey, type KindId, type KubeObject, keyOf } from "#kinds/object.ts";
import { History } from "#store/history.ts";
import { ObjectSet } from "#store/object-set.ts";
import type { Listing, WatchBatch, WatchEvent, WatchPoints } from "#store/object-store.ts";

export class Mirror {
  readonly #objects = new ObjectSet();
  readonly #history = new History(0);

  /** `key` as `formatKey` gives it. */
  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  list(kind: KindId, namespace?: string): Listing {
    return {
      items: this.#objects.list(kind, namespace),
      point: `${this.#history.revision}`,
    };
  }

  watch(from: WatchPoints, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#history.watch(from, signal);
  }

  /** Takes what became known together; what is known already is passed over. */
  take(events: readonly WatchEvent[]): void {
    const news: WatchEvent[] = [];
    for (const event of events) {
      const key = formatKey(keyOf(event.object));
      const before = this.#objects.get(key);
      if (event.kind === "set") {
        if (before !== undefined && isSame(before, event.object)) continue;
        if (before !== undefined && before.metadata.uid !== event.object.metadata.uid)
          news.push({ kind: "deleted", object: before });
        this.#objects.put(event.object);
        news.push(event);
      } else if (before !== undefined) {
        this.#objects.delete(key);
        news.push({ kind: "deleted", object: before });
      }
    }
    if (news.length > 0) this.#history.add(this.#history.revision + 1, news);
  }

  /** Ends every watch. */
  close(): void {
    this.#history.close();
  }
}

function isSame({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}
