/** What the controllers share: the store, the view of it, and writes that show in the view at once. */

import type { Json } from "#base/json.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Draft, ObjectStore } from "#store/object-store.ts";
import type { ObjectView } from "#store/object-view.ts";
import { canonicalText } from "../object-names.ts";

export interface ControllerDeps {
  readonly store: ObjectStore;
  readonly view: ObjectView;
  readonly clock: Clock;
  readonly random: Random;
}

/** Held by pods that we made until their processes have ended, as kubectl shows "Terminating". */
export const podFinalizer = "sekisho.io/process";

/** Writes a status when it differs from the one there. */
export async function writeStatus(
  { store, view }: ControllerDeps,
  object: KubeObject,
  status: Json,
): Promise<void> {
  if (canonicalText(object.status) === canonicalText(status)) return;
  view.observe(await store.replaceStatus(keyOf(object), status));
}

/** Removes an object of ours; one with finalizers shows as going until they are released. */
export async function removeOwn(
  { store, view, clock }: ControllerDeps,
  object: KubeObject,
): Promise<void> {
  const { metadata } = object;
  await store.remove(keyOf(object), { uid: metadata.uid });
  if (metadata.finalizers.length === 0) {
    view.forget(object);
    return;
  }
  const deletionTimestamp = clock.now().toString({ smallestUnit: "second" });
  view.observe({ ...object, metadata: { ...metadata, deletionTimestamp } });
}

/** The controlling owner of a kind. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences.some(
    (reference) => reference.controller === true && reference.uid === owner.metadata.uid,
  );
}

/** What to write to keep an object as it is. */
export function draftOf(object: KubeObject): Draft {
  const { name, namespace, labels, annotations, finalizers, ownerReferences } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, labels, annotations, finalizers, ownerReferences },
    body: object.body,
  };
}
