/** What of a cluster a store shows: which kinds, and of them all namespaces or only named ones. */

import { compareText } from "#base/compare.ts";
import type { KindId, KubeObject } from "#kinds/object.ts";
import {
  type Listing,
  StoreError,
  type WatchBatch,
  type WatchEvent,
  type WatchPoint,
  type WatchPoints,
} from "../object-store.ts";
import type { ApiServer } from "./api-server.ts";
import type { ApiResource, Collection } from "./collection.ts";
import { type FollowDeps, follow } from "./follow.ts";
import { merged } from "./merged.ts";
import { readCollection } from "./paged-list.ts";

export interface Scope {
  /** Throws StoreError `invalid` for a kind that nobody named. */
  readonly resource: (kind: KindId) => ApiResource;
  /** The collections that hold a kind's objects. */
  readonly collections: (kind: KindId, namespace?: string) => readonly Collection[];
}

/** A point of a kind that is read namespace by namespace is a list of theirs: `team-a=12,team-b=13`. */
const wholeCluster = "";

export function scopeOf(
  resources: readonly ApiResource[],
  namespaces: "all" | readonly string[],
): Scope {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const resource = (kind: KindId): ApiResource => {
    const found = byId.get(kind);
    if (found === undefined)
      throw new StoreError("invalid", `this store was not told of the kind ${kind}`);
    return found;
  };
  return {
    resource,
    collections: (kind, namespace) => {
      const one = resource(kind);
      if (!one.namespaced) return [{ resource: one, form: "whole" }];
      if (namespace !== undefined) return [{ resource: one, namespace, form: "whole" }];
      if (namespaces === "all") return [{ resource: one, form: "whole" }];
      return namespaces.map((name) => ({ resource: one, namespace: name, form: "whole" }));
    },
  };
}

/** A kind's objects, sorted, and the point behind them. */
export async function readScope(
  api: ApiServer,
  scope: Scope,
  kind: KindId,
  namespace: string | undefined,
): Promise<Listing> {
  const items: KubeObject[] = [];
  const versions = new Map<string, string>();
  for (const collection of scope.collections(kind, namespace)) {
    const { objects, resourceVersion } = await readCollection(api, collection);
    items.push(...objects);
    versions.set(collection.namespace ?? wholeCluster, resourceVersion);
  }
  return { items: items.sort(byNamespaceAndName), point: formatPoint(versions) };
}

function byNamespaceAndName({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

/** Changes of several kinds; a point that names namespaces is followed in these. */
export async function* watchScope(
  deps: FollowDeps,
  scope: Scope,
  from: WatchPoints,
  signal: AbortSignal,
): AsyncGenerator<WatchBatch> {
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const points = new Map(Object.entries(from).map(([kind, point]) => [kind, parsePoint(point)]));
  const streams = [...points].flatMap(([kind, versions]) =>
    [...versions].map(([namespace, version]) => {
      const resource = scope.resource(kind);
      const collection: Collection = {
        resource,
        form: "whole",
        ...(namespace === wholeCluster ? {} : { namespace }),
      };
      return tagged(follow(deps, collection, version, ends), { kind, namespace });
    }),
  );
  try {
    for await (const { kind, namespace, events, resourceVersion } of merged(streams)) {
      points.get(kind)?.set(namespace, resourceVersion);
      if (events.length > 0) yield { events, points: formatPoints(points) };
    }
  } finally {
    over.abort();
  }
}

interface Tag {
  readonly kind: KindId;
  readonly namespace: string;
}

async function* tagged(
  changes: AsyncIterable<{
    readonly events: readonly WatchEvent[];
    readonly resourceVersion: string;
  }>,
  tag: Tag,
): AsyncGenerator<
  Tag & { readonly events: readonly WatchEvent[]; readonly resourceVersion: string }
> {
  for await (const change of changes) yield { ...tag, ...change };
}

function formatPoints(points: ReadonlyMap<KindId, ReadonlyMap<string, string>>): WatchPoints {
  return Object.fromEntries([...points].map(([kind, versions]) => [kind, formatPoint(versions)]));
}

function formatPoint(versions: ReadonlyMap<string, string>): WatchPoint {
  return [...versions].map(([namespace, version]) => `${namespace}=${version}`).join(",");
}

function parsePoint(point: WatchPoint): Map<string, string> {
  if (point === "") return new Map();
  const entries = point.split(",").map((part): [string, string] => {
    const at = part.indexOf("=");
    if (at < 0) throw new StoreError("invalid", `"${point}" is no point of this store`);
    return [part.slice(0, at), part.slice(at + 1)];
  });
  return new Map(entries);
}
