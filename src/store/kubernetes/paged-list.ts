/** A collection read in pages, as one consistent state. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { StoreError } from "../object-store.ts";
import type { ApiServer } from "./api-server.ts";
import {
  type Collection,
  collectionPath,
  collectionQuery,
  listAccept,
  wireTypeOf,
} from "./collection.ts";
import { decodeObject } from "./wire-object.ts";

/** As kubectl and client-go page. */
const pageSize = 500;

export interface CollectionState {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}

/**
 * Everything in the collection. When the state the pages are cut from is forgotten meanwhile (410), all is read anew
 * in one piece, which cannot be forgotten. Throws StoreError.
 */
export async function readCollection(
  api: ApiServer,
  collection: Collection,
  signal?: AbortSignal,
): Promise<CollectionState> {
  try {
    return await readPages(api, collection, pageSize, signal);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "expired") throw error;
    return await readPages(api, collection, undefined, signal);
  }
}

async function readPages(
  api: ApiServer,
  collection: Collection,
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<CollectionState> {
  const objects: KubeObject[] = [];
  let next = "";
  for (;;) {
    const query = new URLSearchParams(collectionQuery(collection));
    if (limit !== undefined) query.set("limit", `${limit}`);
    if (next !== "") query.set("continue", next);
    const path = `${collectionPath(collection)}?${query}`;
    const page = await api.call({ method: "GET", path, accept: listAccept(collection) }, signal);
    const { items, metadata } = readPage(page);
    const type = wireTypeOf(collection.resource);
    for (const item of items) objects.push(decodeObject(item, type));
    const { resourceVersion, continue: more } = metadata;
    if (typeof more === "string" && more !== "") next = more;
    else
      return {
        objects,
        resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
      };
  }
}

function readPage(page: Json): { readonly items: readonly Json[]; readonly metadata: JsonObject } {
  const { items, metadata } = isJsonObject(page) ? (page as JsonObject) : {};
  if (!isJsonObject(metadata)) throw new StoreError("unavailable", "the API server sent no list");
  return {
    items: Array.isArray(items) ? (items as readonly Json[]) : [],
    metadata: metadata as JsonObject,
  };
}
