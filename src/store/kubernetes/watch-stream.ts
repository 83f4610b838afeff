/** One watch connection: its events as they come, until it ends, stalls or breaks. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import { StoreError, type WatchEvent } from "../object-store.ts";
import { apiFailure } from "./api-failure.ts";
import type { ApiServer } from "./api-server.ts";
import {
  type Collection,
  collectionPath,
  collectionQuery,
  watchAccept,
  wireTypeOf,
} from "./collection.ts";
import { readJsonLines } from "./json-lines.ts";
import { decodeObject } from "./wire-object.ts";

export interface WatchDeps {
  readonly api: ApiServer;
  readonly clock: Clock;
  readonly random: Random;
}

export interface WatchStart {
  /** `list`: everything there is comes first, as events. */
  readonly from: { readonly resourceVersion: string } | "list";
}

/** What one read of the connection brought. */
export interface WatchPart {
  readonly events: readonly WatchEvent[];
  /** Resume after this part. */
  readonly resourceVersion: string;
  /** Everything there was when the watch began is out (only with `from: "list"`). */
  readonly isListed: boolean;
}

/** API servers send a bookmark each minute to whoever allows them, so a longer silence is a dead connection. */
const longestSilence = Temporal.Duration.from({ seconds: 90 });
/** The server ends a watch after so long; spread, so that those that began together do not return together. */
const shortestSeconds = 300;
const initialEventsEnd = "k8s.io/initial-events-end";

/**
 * Ends when the server ends the watch. Throws StoreError: `expired` when `from` is too old, `unavailable` when the
 * connection breaks or stalls.
 */
export async function* watchOnce(
  { api, clock, random }: WatchDeps,
  collection: Collection,
  { from }: WatchStart,
  signal: AbortSignal,
): AsyncGenerator<WatchPart> {
  const silence = new AbortController();
  const ends = AbortSignal.any([signal, silence.signal]);
  let cancel = (): void => undefined;
  const listen = (): void => {
    cancel();
    cancel = clock.after(longestSilence, () => {
      silence.abort();
      api.distrustIdle();
    });
  };
  try {
    const seconds = Math.round(shortestSeconds * (1 + random.fraction()));
    const path = watchPath(collection, from, seconds);
    const body = await api.open({ method: "GET", path, accept: watchAccept(collection) }, ends);
    listen();
    for await (const lines of readJsonLines(body)) {
      // While the reader is busy with a part the connection is not silent.
      cancel();
      const { part, failed } = readPart(lines, collection);
      if (part.resourceVersion !== "") yield part;
      if (failed !== undefined) throw failed;
      listen();
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!silence.signal.aborted && error instanceof StoreError) throw error;
    throw broken(collection, silence.signal.aborted ? "stalled" : "broke", error);
  } finally {
    cancel();
  }
}

function broken({ resource }: Collection, how: string, cause: unknown): StoreError {
  return new StoreError("unavailable", `the watch of ${resource.plural} ${how}`, { cause });
}

function watchPath(collection: Collection, from: WatchStart["from"], seconds: number): string {
  const query = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: `${seconds}`,
    ...collectionQuery(collection),
  });
  if (from === "list") {
    query.set("sendInitialEvents", "true");
    query.set("resourceVersionMatch", "NotOlderThan");
  } else {
    query.set("resourceVersion", from.resourceVersion);
  }
  return `${collectionPath(collection)}?${query}`;
}

/** A part, and the error that the server put behind it. */
function readPart(
  lines: readonly Json[],
  collection: Collection,
): { readonly part: WatchPart; readonly failed: StoreError | undefined } {
  const events: WatchEvent[] = [];
  let resourceVersion = "";
  let isListed = false;
  for (const line of lines) {
    const { type, object } = isJsonObject(line) ? (line as JsonObject) : {};
    if (type === "ERROR") {
      const part = { events, resourceVersion, isListed };
      return { part, failed: watchFailure(object, collection) };
    }
    const decoded = decodeObject(object, wireTypeOf(collection.resource));
    resourceVersion = decoded.metadata.resourceVersion;
    if (type === "ADDED" || type === "MODIFIED") events.push({ kind: "set", object: decoded });
    else if (type === "DELETED") events.push({ kind: "deleted", object: decoded });
    else if (decoded.metadata.annotations[initialEventsEnd] === "true") isListed = true;
  }
  return { part: { events, resourceVersion, isListed }, failed: undefined };
}

function watchFailure(status: Json | undefined, { resource }: Collection): StoreError {
  const code = isJsonObject(status) ? (status as JsonObject)["code"] : undefined;
  return apiFailure(typeof code === "number" ? code : 500, status, `watch ${resource.plural}`);
}
