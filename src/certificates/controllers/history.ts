/** Removes requests of certificates that are no longer in force, but for the last few. */

import { keyOf } from "#kinds/object.ts";
import type { Controller, ControllerDeps } from "./controller.ts";
import { nextRevision, revisionOf } from "./revision.ts";

/** cert-manager's since 1.18. */
const usualLimit = 1;

export function createHistoryController({
  store,
  world,
}: Pick<ControllerDeps, "store" | "world">): Controller {
  return async (seen) => {
    const { status, object, spec } = seen;
    const next = nextRevision(seen);
    const numbered = world
      .requestsOf(object)
      .flatMap((request) => {
        const revision = revisionOf(request);
        return revision === undefined || revision >= next ? [] : [{ request, revision }];
      })
      .sort((one, other) => other.revision - one.revision);
    for (const { request } of numbered.slice(spec.revisionHistoryLimit ?? usualLimit)) {
      await store.remove(keyOf(request), { uid: request.metadata.uid });
      world.view.forget(request);
    }
    return { status };
  };
}
