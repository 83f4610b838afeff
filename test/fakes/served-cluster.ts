/** A cluster whose objects lie in an embedded store, and which can refuse, forget and fail as an API server does. */

import type { TestContext } from "node:test";
import type { KindId, KubeObject } from "#kinds/object.ts";
import type { Collection } from "#store/kubernetes/collection.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { ListWatchStep } from "#store/kubernetes/list-watch.ts";
import { StoreError, type StoreErrorCode } from "#store/object-store.ts";
import { temporaryStore } from "./embedded-store.ts";

export interface ServedCluster {
  readonly store: KubernetesStore;
  /** The names of the Secrets that were read whole, in order. */
  readonly secretsRead: readonly string[];
  /** Collections of the kind fail so from now on; undefined: they are served. */
  readonly refuse: (kind: KindId, code: StoreErrorCode | undefined) => void;
  /** Reads of single objects fail so from now on. */
  readonly refuseReads: (code: StoreErrorCode | undefined) => void;
  /** Ends the watches of a kind as if their place were too old; resolves once they are gone. */
  readonly forget: (kind: KindId) => void;
}

/** An empty one, that goes with the test. */
export async function servedCluster(context: TestContext): Promise<ServedCluster> {
  const embedded = await temporaryStore(context);
  const refused = new Map<KindId, StoreErrorCode>();
  const ends = new Map<KindId, AbortController>();
  const secretsRead: string[] = [];
  let reads: StoreErrorCode | undefined;
  const check = (kind: KindId): void => {
    const code = refused.get(kind);
    if (code !== undefined) throw new StoreError(code, `${kind} is refused`);
  };
  async function* listWatch(
    { resource, namespace, name, form }: Collection,
    signal: AbortSignal,
  ): AsyncGenerator<ListWatchStep> {
    check(resource.id);
    const end = new AbortController();
    ends.set(resource.id, end);
    const shown = (object: KubeObject): KubeObject =>
      form === "whole" ? object : { ...object, body: {} };
    const isMine = ({ metadata }: KubeObject): boolean =>
      (namespace === undefined || metadata.namespace === namespace) &&
      (name === undefined || metadata.name === name);
    const { items, point } = await embedded.list(resource.id, namespace);
    yield { kind: "listed", objects: items.filter(isMine).map(shown), resourceVersion: point };
    const over = AbortSignal.any([signal, end.signal]);
    for await (const { events } of embedded.watch({ [resource.id]: point }, over)) {
      const mine = events.filter(({ object }) => isMine(object));
      const changed = mine.map(({ kind, object }) => ({ kind, object: shown(object) }));
      yield { kind: "changed", events: changed, resourceVersion: "" };
    }
    if (!signal.aborted) throw new StoreError(refused.get(resource.id) ?? "expired", "it ended");
  }
  return {
    store: {
      ...embedded,
      get: async (key) => {
        if (reads !== undefined) throw new StoreError(reads, "reads are refused");
        if (key.kind === "Secret") secretsRead.push(`${key.namespace}/${key.name}`);
        return await embedded.get(key);
      },
      listWatch,
      call: async () => null,
      close: () => undefined,
    },
    secretsRead,
    refuse: (kind, code) => {
      if (code === undefined) refused.delete(kind);
      else refused.set(kind, code);
    },
    refuseReads: (code) => {
      reads = code;
    },
    forget: (kind) => ends.get(kind)?.abort(),
  };
}
