/** The calls of an object store, by name: what a remote store asks and the running gate answers. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import type { LocalAnswer } from "#runtime/network/local-socket.ts";
import {
  type Draft,
  type Listing,
  type ObjectStore,
  StoreError,
  type WatchBatch,
  type WatchPoints,
} from "#store/object-store.ts";

/** The input of each call; the names are those of {@link ObjectStore}. */
export interface StoreInputs {
  readonly get: { readonly key: ObjectKey };
  readonly list: { readonly kind: string; readonly namespace?: string };
  readonly watch: { readonly from: WatchPoints };
  readonly create: { readonly draft: Draft };
  readonly replace: {
    readonly key: ObjectKey;
    readonly draft: Draft;
    readonly resourceVersion: string;
  };
  readonly apply: { readonly draft: Draft };
  readonly replaceStatus: {
    readonly key: ObjectKey;
    readonly status: Json;
    readonly resourceVersion?: string;
  };
  readonly remove: {
    readonly key: ObjectKey;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

export interface StoreOutputs {
  readonly get: KubeObject | null;
  readonly list: Listing;
  readonly watch: WatchBatch;
  readonly create: KubeObject;
  readonly replace: KubeObject;
  readonly apply: KubeObject;
  readonly replaceStatus: KubeObject;
  readonly remove: null;
}

type Handlers = {
  readonly [M in Exclude<keyof StoreInputs, "watch">]: (
    input: StoreInputs[M],
  ) => Promise<StoreOutputs[M]>;
};

/** Answers `store.<name>` calls from a store; undefined for other methods. The socket is open to the user who runs the gate alone, so inputs are of our own making. */
export function storeAnswers(
  store: ObjectStore,
): (method: string, input: Json, signal: AbortSignal) => Promise<LocalAnswer> | undefined {
  const handlers: Handlers = {
    get: async ({ key }) => (await store.get(key)) ?? null,
    list: ({ kind, namespace }) => store.list(kind, namespace),
    create: ({ draft }) => store.create(draft),
    replace: ({ key, draft, resourceVersion }) => store.replace(key, draft, resourceVersion),
    apply: ({ draft }) => store.apply(draft),
    replaceStatus: ({ key, status, resourceVersion }) =>
      store.replaceStatus(key, status, resourceVersion),
    remove: async ({ key, ...preconditions }) => {
      await store.remove(key, preconditions);
      return null;
    },
  };
  return (method, input, signal) => {
    const name = method.startsWith("store.") ? method.slice("store.".length) : "";
    if (name === "watch") {
      const { from } = input as unknown as StoreInputs["watch"];
      return Promise.resolve({
        kind: "stream",
        values: store.watch(from, signal) as AsyncIterable<unknown> as AsyncIterable<Json>,
      });
    }
    const handler = Object.hasOwn(handlers, name) ? handlers[name as keyof Handlers] : undefined;
    if (handler === undefined || !isJsonObject(input)) return undefined;
    return answerWith(
      handler as unknown as (input: JsonObject) => Promise<unknown>,
      input as JsonObject,
    );
  };
}

async function answerWith(
  handler: (input: JsonObject) => Promise<unknown>,
  input: JsonObject,
): Promise<LocalAnswer> {
  try {
    return { kind: "value", value: (await handler(input)) as Json };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: "error", code: `store.${error.code}`, message: error.message };
  }
}
