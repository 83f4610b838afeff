/** Writes the statuses of what certificates are made of: by compare-and-swap, and only where something changes. */

import { type Json, sameJson } from "#base/json.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { ObjectView } from "#store/object-view.ts";

export interface Statuses {
  /** The object as it is then. Throws StoreError `conflict` when it has changed since it was seen. */
  readonly write: (object: KubeObject, status: Json) => Promise<KubeObject>;
}

export function createStatuses(
  store: Pick<ObjectStore, "replaceStatus">,
  view: Pick<ObjectView, "observe">,
): Statuses {
  return {
    write: async (object, status) => {
      if (sameJson(object.status, status)) return object;
      const { resourceVersion } = object.metadata;
      const written = await store.replaceStatus(keyOf(object), status, resourceVersion);
      view.observe(written);
      return written;
    },
  };
}
