/**
 * Where objects that change live: one interface, two homes (the embedded store, a Kubernetes API server).
 *
 * The contract is the weaker of the two: a read may lag one's own writes, no transaction spans two objects, every
 * write names what it replaces. `contract.ts` holds every implementation to it.
 */

import type { Json, JsonObject } from "#base/json.ts";
import type { KindId, KubeObject, ObjectKey, OwnerReference } from "#kinds/object.ts";

/** An object to be written: what the store assigns (uid, creationTimestamp, generation, resourceVersion) is left out. */
export interface Draft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly body: JsonObject;
}

/** A point in the history of one kind, opaque: those of two kinds say nothing about each other. */
export type WatchPoint = string;

export interface Listing {
  /** Sorted by namespace, then name. */
  readonly items: readonly KubeObject[];
  /** From here {@link ObjectStore.watch} goes on. */
  readonly point: WatchPoint;
}

export type WatchEvent =
  | { readonly kind: "set"; readonly object: KubeObject }
  | { readonly kind: "deleted"; readonly object: KubeObject };

/** What became visible together; the events of one kind are in order. */
export interface WatchBatch {
  readonly events: readonly WatchEvent[];
  /** Resume after this batch: of every kind watched. */
  readonly points: WatchPoints;
}

/** The kinds to watch, each with the point behind which its changes are wanted. */
export type WatchPoints = Readonly<Record<KindId, WatchPoint>>;

export interface ObjectStore {
  readonly get: (key: ObjectKey) => Promise<KubeObject | undefined>;
  /** All objects of a kind, or those of one namespace. */
  readonly list: (kind: KindId, namespace?: string) => Promise<Listing>;
  /**
   * Batches of changes to the kinds after their points (of Listings or of an earlier batch), without gaps, until
   * aborted. Throws StoreError `expired` when a point is too old: list again.
   */
  readonly watch: (from: WatchPoints, signal: AbortSignal) => AsyncIterable<WatchBatch>;
  /** Throws StoreError `exists`. */
  readonly create: (draft: Draft) => Promise<KubeObject>;
  /** Replaces metadata (labels, annotations, finalizers, owners) and body; throws `conflict` unless `resourceVersion` is the current one. Status is untouched. Removing the last finalizer of an object under deletion deletes it. */
  readonly replace: (key: ObjectKey, draft: Draft, resourceVersion: string) => Promise<KubeObject>;
  /** Creates or updates an object that we made (server-side apply as one field manager): fields given are set, fields given before and now absent are removed, others stay. Nothing is written when nothing changes. */
  readonly apply: (draft: Draft) => Promise<KubeObject>;
  /** Replaces the status subresource of a kind that has one; with `resourceVersion` only if it is current. Nothing is written when nothing changes. */
  readonly replaceStatus: (
    key: ObjectKey,
    status: Json,
    resourceVersion?: string,
  ) => Promise<KubeObject>;
  /** Marks for deletion while finalizers are left, else deletes, with all objects whose owners are then all gone. Throws `not-found`; `conflict` when the preconditions do not hold. */
  readonly remove: (
    key: ObjectKey,
    preconditions?: { readonly uid?: string; readonly resourceVersion?: string },
  ) => Promise<void>;
}

export type StoreErrorCode =
  | "not-found"
  | "exists"
  | "conflict"
  | "expired"
  | "read-only"
  | "invalid"
  /** Nobody let us in, or we may not do that. */
  | "denied"
  | "locked"
  | "unavailable";

/** What a store can answer other than success; `retryable` says whether the same call may succeed later. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
    this.retryable = code === "conflict" || code === "unavailable" || code === "expired";
  }
}
