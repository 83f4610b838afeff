/** How often controllers looked at an object, and how often that failed, as metrics under the names that cert-manager gives them. */

import { parseKey } from "#kinds/object.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { StoreError } from "#store/object-store.ts";

/** Counts a look at an object (`formatKey`). */
export type CountedSync = <T>(key: string, look: () => Promise<T>) => Promise<T>;

/** Controllers are told apart by the kind that they look at: `certificates`, `orders`. */
export function countSyncs(metrics: Metrics): CountedSync {
  const counter = (name: string, help: string): ReturnType<Metrics["counter"]> =>
    metrics.counter(`certmanager_controller_sync_${name}_count`, help, ["controller"]);
  const calls = counter("call", "Looks at objects.");
  const errors = counter("error", "Looks at objects that failed.");
  return async (key, look) => {
    const [kind = ""] = parseKey(key).kind.split(".");
    const controller = `${kind.toLowerCase()}s`;
    calls.add(1, { controller });
    try {
      return await look();
    } catch (error) {
      if (!isRace(error)) errors.add(1, { controller });
      throw error;
    }
  };
}

/** Somebody else was faster: the next look sees it. */
function isRace(error: unknown): boolean {
  return error instanceof StoreError && (error.code === "conflict" || error.code === "not-found");
}
