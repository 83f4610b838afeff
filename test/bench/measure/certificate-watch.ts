/** When each Certificate of a namespace was first seen to be Ready, by a watch of one's own. */

import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { ObjectView } from "#store/object-view.ts";
import { until } from "./waiting.ts";

export interface CertificateWatch extends AsyncDisposable {
  /** `performance.now()` of when the last of so many was Ready. */
  readonly untilReady: (count: number) => Promise<number>;
}

const longestMs = 300_000;
/** Between two looks at what was noted at its own time. */
const lookEveryMs = 20;

export async function watchCertificates(
  store: Pick<ObjectStore, "list" | "watch">,
): Promise<CertificateWatch> {
  const readyAt = new Map<string, number>();
  const view = new ObjectView(store, [certificateKind.id], ({ key, after }) => {
    if (!readyAt.has(key.name) && isConditionTrue(after?.status, "Ready"))
      readyAt.set(key.name, performance.now());
  });
  const closing = new AbortController();
  const following = view.follow(await view.load(), closing.signal);
  return {
    untilReady: async (count) => {
      const patience = { what: `${count} ready certificates`, longestMs, everyMs: lookEveryMs };
      await Promise.race([until(async () => readyAt.size >= count, patience), following]);
      return Math.max(...readyAt.values());
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await following;
    },
  };
}
