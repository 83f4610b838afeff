/** One collection of a cluster, listed and followed for as long as we run, whatever happens to the API server. */

import type { KubeObject } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { Backoff } from "#store/kubernetes/backoff.ts";
import type { Collection } from "#store/kubernetes/collection.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { ListWatchStep } from "#store/kubernetes/list-watch.ts";
import { StoreError, type WatchEvent } from "#store/object-store.ts";
import { readAhead } from "./read-ahead.ts";

export interface CollectionLoopDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Pick<KubernetesStore, "listWatch">;
}

export interface CollectionTaker {
  /** Everything there is; what is not in it is gone. */
  readonly listed: (objects: readonly KubeObject[]) => Promise<void>;
  readonly changed: (events: readonly WatchEvent[]) => Promise<void>;
  /** Why the collection cannot be read now; undefined: it can. */
  readonly hindered: (error: StoreError | undefined) => void;
}

/**
 * A kind that is not defined is looked for so often at least: sooner than a status is written without the replica that
 * does not know the kind yet.
 */
const longestAbsence = Temporal.Duration.from({ seconds: 5 });

/**
 * Until aborted. A kind that the server does not serve (yet: its CRD is missing) counts as empty, and is looked for
 * again; one that was served and is no more keeps its objects: a CRD that is deleted deletes them first, and a server
 * that restarts serves them later.
 */
export async function followCollection(
  deps: CollectionLoopDeps,
  collection: Collection,
  taker: CollectionTaker,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(deps.random);
  const absence = new Backoff(deps.random, longestAbsence);
  let isListed = false;
  while (!signal.aborted) {
    let wait = backoff;
    const over = new AbortController();
    const ends = AbortSignal.any([signal, over.signal]);
    try {
      for await (const steps of readAhead(deps.store.listWatch(collection, ends))) {
        await takeSteps(taker, steps);
        // A list alone is no success: one that is too old at once must not be repeated at once.
        if (steps.some(({ kind }) => kind === "changed")) backoff.reset();
        absence.reset();
        isListed = true;
        taker.hindered(undefined);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "not-found") wait = absence;
      if (error.code === "not-found" && !isListed) {
        await taker.listed([]);
        isListed = true;
      } else if (error.code !== "expired" && error.code !== "not-found") {
        taker.hindered(error);
      }
      deps.log.info("a collection will be listed anew", {
        [logFields.kind]: collection.resource.id,
        [logFields.namespace]: collection.namespace,
        [logFields.error]: errorText(error),
      });
    } finally {
      over.abort();
    }
    // An abort while asleep ends the loop.
    await deps.clock.sleep(wait.next(), signal).catch(() => undefined);
  }
}

/** Changes that follow each other are taken together. */
async function takeSteps(taker: CollectionTaker, steps: readonly ListWatchStep[]): Promise<void> {
  const events: WatchEvent[] = [];
  const takeEvents = async (): Promise<void> => {
    if (events.length > 0) await taker.changed(events.splice(0));
  };
  for (const step of steps) {
    if (step.kind === "changed") {
      events.push(...step.events);
      continue;
    }
    await takeEvents();
    await taker.listed(step.objects);
  }
  await takeEvents();
}
