/** A collection's changes after a point, without gaps, over as many connections as it takes. */

import type { WatchEvent } from "../object-store.ts";
import { StoreError } from "../object-store.ts";
import { Backoff } from "./backoff.ts";
import type { Collection } from "./collection.ts";
import { type WatchDeps, watchOnce } from "./watch-stream.ts";

export interface FollowDeps extends WatchDeps {
  /** Told when a connection broke and another will be tried. */
  readonly interrupted: (collection: Collection, error: StoreError) => void;
}

export interface Changes {
  /** May be empty: then only the point moved on. */
  readonly events: readonly WatchEvent[];
  readonly resourceVersion: string;
}

/** Until aborted. Throws StoreError, `expired` among others, when following on cannot help: list again. */
export async function* follow(
  deps: FollowDeps,
  collection: Collection,
  from: string,
  signal: AbortSignal,
): AsyncGenerator<Changes> {
  const backoff = new Backoff(deps.random);
  let resourceVersion = from;
  while (!signal.aborted) {
    let isIdle = true;
    try {
      for await (const part of watchOnce(deps, collection, { from: { resourceVersion } }, signal)) {
        isIdle = false;
        backoff.reset();
        resourceVersion = part.resourceVersion;
        yield { events: part.events, resourceVersion };
      }
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "unavailable") throw error;
      deps.interrupted(collection, error);
      isIdle = true;
    }
    // A server that ends watches at once must not be asked in a tight loop.
    if (isIdle) await pause(deps, backoff, signal);
  }
}

async function pause({ clock }: FollowDeps, backoff: Backoff, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(backoff.next(), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
