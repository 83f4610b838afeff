/** One change being prepared: what it will write, over what is there; nothing counts before it is committed. */

import { SetsByKey } from "#base/sets-by-key.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { ObjectSet } from "../object-set.ts";
import type { Draft } from "../object-store.ts";
import type { Identity, StoredRow } from "./rows.ts";

/** Everything the store knows, by `formatKey`. */
export interface StoreState {
  readonly rows: Map<string, StoredRow>;
  readonly files: Map<string, Draft>;
  readonly identities: Map<string, Identity>;
  /** What is in force: the merged view, as readers see it. */
  readonly objects: ObjectSet;
  readonly keyOfUid: Map<string, string>;
  /** By the uid of an owner. */
  readonly dependents: SetsByKey;
}

/** The state of a store that holds nothing. */
export function emptyState(): StoreState {
  return {
    rows: new Map(),
    files: new Map(),
    identities: new Map(),
    objects: new ObjectSet(),
    keyOfUid: new Map(),
    dependents: new SetsByKey(),
  };
}

export class StagedChange {
  readonly rows = new Map<string, StoredRow | undefined>();
  readonly files = new Map<string, Draft | undefined>();
  readonly identities = new Map<string, Identity | undefined>();
  readonly #base: StoreState;

  constructor(base: StoreState) {
    this.#base = base;
  }

  row(key: string): StoredRow | undefined {
    return this.rows.has(key) ? this.rows.get(key) : this.#base.rows.get(key);
  }

  file(key: string): Draft | undefined {
    return this.files.has(key) ? this.files.get(key) : this.#base.files.get(key);
  }

  identity(key: string): Identity | undefined {
    return this.identities.has(key) ? this.identities.get(key) : this.#base.identities.get(key);
  }

  touched(): ReadonlySet<string> {
    return new Set([...this.rows.keys(), ...this.files.keys(), ...this.identities.keys()]);
  }

  /** What would be in force for a key; its resourceVersion is the former one. */
  object(key: string): KubeObject | undefined {
    const row = this.row(key);
    const file = this.file(key);
    if (file === undefined || row?.beatsFile === true) return row?.object;
    const identity = this.identity(key);
    if (identity === undefined) throw new Error(`object ${key} of a file has no identity`);
    return fileObject(file, identity, this.#base.objects.get(key)?.metadata.resourceVersion ?? "0");
  }
}

/** An object of a file with what we gave to it and added to it. */
function fileObject(
  file: Draft,
  { uid, created, generation, overlay }: Identity,
  resourceVersion: string,
): KubeObject {
  const { metadata } = file;
  return {
    apiVersion: file.apiVersion,
    kind: file.kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid,
      creationTimestamp: created,
      generation,
      resourceVersion,
      labels: metadata.labels ?? {},
      annotations: { ...overlay.annotations, ...metadata.annotations },
      finalizers: [...new Set([...(metadata.finalizers ?? []), ...overlay.finalizers])],
      ownerReferences: metadata.ownerReferences ?? [],
    },
    body: file.body,
    ...(overlay.status === undefined ? {} : { status: overlay.status }),
  };
}

/** Puts an object into the merged view in place of its former state, or takes it out. */
export function putInForce(state: StoreState, key: string, object: KubeObject | undefined): void {
  const before = state.objects.get(key);
  if (before !== undefined) {
    if (state.keyOfUid.get(before.metadata.uid) === key) state.keyOfUid.delete(before.metadata.uid);
    for (const { uid } of before.metadata.ownerReferences) state.dependents.delete(uid, key);
  }
  if (object === undefined) {
    state.objects.delete(key);
    return;
  }
  state.objects.put(object);
  state.keyOfUid.set(object.metadata.uid, key);
  for (const { uid } of object.metadata.ownerReferences) state.dependents.add(uid, key);
}

/** The key of a draft as maps use it. */
export function keyOfDraft(draft: Draft): string {
  const { apiVersion, kind, metadata } = draft;
  const key = keyOf({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace },
  } as KubeObject);
  return formatKey(key);
}

/** Lets a committed change of one of the maps count. */
export function takeAll<V>(
  target: Map<string, V>,
  change: ReadonlyMap<string, V | undefined>,
): void {
  for (const [key, value] of change) {
    if (value === undefined) target.delete(key);
    else target.set(key, value);
  }
}
