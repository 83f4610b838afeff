/** Everything in a collection, then every change of it: as one streaming list where the server has them, else in pages. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { formatKey, keyOf } from "#kinds/object.ts";
import { StoreError } from "../object-store.ts";
import type { ApiServer } from "./api-server.ts";
import type { Collection } from "./collection.ts";
import { type Changes, type FollowDeps, follow } from "./follow.ts";
import { type CollectionState, readCollection } from "./paged-list.ts";
import { type WatchPart, watchOnce } from "./watch-stream.ts";

export type ListWatchStep =
  /** The whole collection: what is not in it is gone. */
  ({ readonly kind: "listed" } & CollectionState) | ({ readonly kind: "changed" } & Changes);

/** Kubernetes 1.27 was the first that knows streaming lists; older ones take the request for a plain watch, which never says that it is complete. */
const firstStreamingMinor = 27;

export class ListWatch {
  readonly #deps: FollowDeps;
  /** Learnt from the server, which keeps its mind until it is replaced; then pages still work. */
  #servesStreams: boolean | undefined;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** One `listed`, then `changed` until aborted. Throws StoreError: begin again (`expired`: at once). */
  async *steps(collection: Collection, signal: AbortSignal): AsyncGenerator<ListWatchStep> {
    let from: string | undefined;
    this.#servesStreams ??= await knowsStreams(this.#deps.api, signal);
    if (this.#servesStreams) {
      for await (const step of this.#stream(collection, signal)) {
        from = step.resourceVersion;
        yield step;
      }
    }
    if (from === undefined && !signal.aborted) {
      const state = await readCollection(this.#deps.api, collection, signal);
      from = state.resourceVersion;
      yield { kind: "listed", ...state };
    }
    if (from === undefined) return;
    for await (const changes of follow(this.#deps, collection, from, signal)) {
      yield { kind: "changed", ...changes };
    }
  }

  /** Steps of one connection; none when the server has no streaming lists. */
  async *#stream(collection: Collection, signal: AbortSignal): AsyncGenerator<ListWatchStep> {
    const initial = new Map<string, KubeObject>();
    let isListed = false;
    try {
      for await (const part of watchOnce(this.#deps, collection, { from: "list" }, signal)) {
        if (isListed) {
          yield { kind: "changed", events: part.events, resourceVersion: part.resourceVersion };
          continue;
        }
        gather(initial, part);
        if (!part.isListed) continue;
        isListed = true;
        const objects = [...initial.values()];
        yield { kind: "listed", objects, resourceVersion: part.resourceVersion };
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // The feature can be switched off.
      if (!isListed && error.code === "invalid") this.#servesStreams = false;
      else if (isListed && error.code === "unavailable") this.#deps.interrupted(collection, error);
      else throw error;
    }
  }
}

function gather(initial: Map<string, KubeObject>, { events }: WatchPart): void {
  for (const { kind, object } of events) {
    const key = formatKey(keyOf(object));
    if (kind === "set") initial.set(key, object);
    else initial.delete(key);
  }
}

async function knowsStreams(api: ApiServer, signal: AbortSignal): Promise<boolean> {
  const version = await readVersion(api, signal);
  const { major, minor } = isJsonObject(version) ? (version as JsonObject) : {};
  // Distributions put a sign behind the number.
  return Number(major) > 1 || Number.parseInt(`${minor}`, 10) >= firstStreamingMinor;
}

async function readVersion(api: ApiServer, signal: AbortSignal): Promise<Json> {
  try {
    return await api.call({ method: "GET", path: "/version" }, signal);
  } catch (error) {
    // Where the version is nobody's business, pages always work.
    if (error instanceof StoreError && (error.code === "denied" || error.code === "not-found"))
      return null;
    throw error;
  }
}
