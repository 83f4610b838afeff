/** What a person or program gives to the store, whatever its kind. */

import { kindId } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Draft, ObjectStore } from "./object-store.ts";

/** Creates or updates an object. Secrets are never applied: the one that is there is replaced as it was read. Throws StoreError. */
export async function putDraft(store: ObjectStore, draft: Draft): Promise<void> {
  const { apiVersion, kind, metadata } = draft;
  const { namespace, name } = metadata;
  const key = { kind: kindId(apiVersion, kind), namespace, name };
  if (key.kind !== secretKind.id) {
    await store.apply(draft);
    return;
  }
  const current = await store.get(key);
  if (current === undefined) await store.create(draft);
  else await store.replace(key, draft, current.metadata.resourceVersion);
}
