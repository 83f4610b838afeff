/** Store → pipeline → proxies: every batch of objects is taken whole, computed in slices, and published when complete. */

import type { ResourceChange } from "#envoy/resource.ts";
import { kinds } from "#kinds/all.ts";
import { eventKind } from "#kinds/event.ts";
import { formatKey, type KindId, keyOf, parseKey } from "#kinds/object.ts";
import type { Pipeline } from "#pipeline.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import {
  type ObjectStore,
  StoreError,
  type WatchBatch,
  type WatchPoints,
} from "#store/object-store.ts";

export interface FeedDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ObjectStore;
  readonly pipeline: Pipeline;
  /** The kinds to follow. Default: all there are but Events, which nothing is made of. */
  readonly kinds?: readonly KindId[] | undefined;
  /** Takes a complete change; called also with an empty one, so that everybody knows that the flush is over. */
  readonly publish: (change: ResourceChange, applied: Applied) => void;
  /** Takes what is built already while the first listing is still being computed. Default: nobody, it comes with the rest. */
  readonly publishPart?: ((part: ResourceChange) => void) | undefined;
}

export interface Applied {
  /** How many objects were set or deleted. */
  readonly objects: number;
  /** From the arrival of the objects to the publication. */
  readonly milliseconds: number;
}

/** A flush gives way to other work after so long. */
const sliceMs = 10;

const everyKind = kinds.map((kind) => kind.id).filter((kind) => kind !== eventKind.id);

/** Lists everything once, publishes, then follows the store until aborted; after an expired watch it lists anew. */
export async function feedPipeline(
  deps: FeedDeps,
  listed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const known = new Set<string>();
  let hasListed = false;
  while (!signal.aborted) {
    const from = await listAll(hasListed ? { ...deps, publishPart: undefined } : deps, known);
    hasListed = true;
    listed();
    try {
      for await (const batch of deps.store.watch(from, signal)) {
        await takeBatch(deps, known, batch);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StoreError) || error.code !== "expired") throw error;
      deps.log.info("watch of the store expired, listing anew");
    }
  }
}

async function listAll(deps: FeedDeps, known: Set<string>): Promise<WatchPoints> {
  const started = deps.clock.monotonicMs();
  const gone = new Set(known);
  const points: Record<KindId, string> = {};
  let objects = 0;
  for (const kind of deps.kinds ?? everyKind) {
    const { items, point } = await deps.store.list(kind);
    points[kind] = point;
    for (const object of items) {
      const key = formatKey(keyOf(object));
      gone.delete(key);
      known.add(key);
      deps.pipeline.set(object);
      objects++;
    }
  }
  for (const key of gone) {
    known.delete(key);
    deps.pipeline.delete(parseKey(key));
  }
  await flush(deps, () => deps.publishPart?.(deps.pipeline.takePart()));
  deps.publish(deps.pipeline.takeChange(), {
    objects,
    milliseconds: deps.clock.monotonicMs() - started,
  });
  return points;
}

async function takeBatch(deps: FeedDeps, known: Set<string>, batch: WatchBatch): Promise<void> {
  const started = deps.clock.monotonicMs();
  for (const event of batch.events) {
    const key = keyOf(event.object);
    if (event.kind === "set") {
      known.add(formatKey(key));
      deps.pipeline.set(event.object);
    } else {
      known.delete(formatKey(key));
      deps.pipeline.delete(key);
    }
  }
  await flush(deps);
  deps.publish(deps.pipeline.takeChange(), {
    objects: batch.events.length,
    milliseconds: deps.clock.monotonicMs() - started,
  });
}

/** Computes in slices; between two of them, after `paused`, whoever waits for the event loop has its turn. */
export async function flush(
  { clock, pipeline }: Pick<FeedDeps, "clock" | "pipeline">,
  paused: () => void = () => undefined,
): Promise<void> {
  for (;;) {
    const started = clock.monotonicMs();
    if (pipeline.flush(() => clock.monotonicMs() - started > sliceMs)) return;
    paused();
    await clock.sleep(Temporal.Duration.from({ milliseconds: 0 }));
  }
}
