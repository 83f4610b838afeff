/** The changes of late, in order: what a watch resumes from and waits for. */

import type { KindId } from "#kinds/object.ts";
import { keyOf } from "#kinds/object.ts";
import { StoreError, type WatchBatch, type WatchEvent, type WatchPoints } from "./object-store.ts";

interface Entry {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** Batches kept for resuming; a watch further behind lists anew, as with an API server. */
const maxBatches = 4096;

export class History {
  readonly #entries: Entry[] = [];
  #oldest: number;
  #revision: number;
  #wake = Promise.withResolvers<void>();
  #closed = false;

  constructor(revision: number) {
    this.#oldest = revision;
    this.#revision = revision;
  }

  /** The revision up to which everything is here. */
  get revision(): number {
    return this.#revision;
  }

  add(revision: number, events: readonly WatchEvent[]): void {
    this.#entries.push({ revision, events });
    this.#revision = revision;
    if (this.#entries.length > maxBatches) {
      const dropped = this.#entries.splice(0, this.#entries.length - maxBatches / 2);
      this.#oldest = dropped.at(-1)?.revision ?? this.#oldest;
    }
    this.#wakeAll();
  }

  /** Ends every watch. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  /** Batches after the points, each with the events of the kinds asked for; empty batches are passed over. */
  async *watch(points: WatchPoints, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const from = parsePoints(points);
    const wakeOnAbort = (): void => this.#wakeAll();
    signal.addEventListener("abort", wakeOnAbort, { once: true });
    let seen = Math.min(...from.values());
    const latest = Math.max(...from.values());
    try {
      while (!signal.aborted && !this.#closed) {
        if (seen < this.#oldest || latest > this.#revision) {
          throw new StoreError(
            "expired",
            `revision ${seen} is not in the history any more; list again`,
          );
        }
        const woken = this.#wake.promise;
        for (const { revision, events } of this.#after(seen)) {
          seen = revision;
          const wanted = events.filter(
            ({ object }) => (from.get(keyOf(object).kind) ?? Infinity) < revision,
          );
          if (wanted.length > 0) yield { events: wanted, points: pointsAt(revision, from) };
          if (signal.aborted) return;
        }
        if (seen === this.#revision) await woken;
      }
    } finally {
      signal.removeEventListener("abort", wakeOnAbort);
    }
  }

  #after(revision: number): readonly Entry[] {
    // From the end: a watch that keeps up is a few entries behind, of thousands.
    return this.#entries.slice(
      this.#entries.findLastIndex((entry) => entry.revision <= revision) + 1,
    );
  }

  #wakeAll(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    resolve();
  }
}

function parsePoints(points: WatchPoints): ReadonlyMap<KindId, number> {
  const revisions = Object.entries(points).map(([kind, point]) => {
    const revision = Number(point);
    if (!Number.isSafeInteger(revision))
      throw new StoreError("invalid", `"${point}" is no point of the history`);
    return [kind, revision] as const;
  });
  return new Map(revisions);
}

/** A kind whose point lies ahead keeps it. */
function pointsAt(revision: number, from: ReadonlyMap<KindId, number>): WatchPoints {
  return Object.fromEntries(
    [...from].map(([kind, point]) => [kind, `${Math.max(point, revision)}`]),
  );
}
