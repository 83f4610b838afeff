/** What one who issues asked of the API server, told apart by what was written. */

import { compareText } from "#base/compare.ts";
import type { AuditedRequest } from "#test/lab/audit-log.ts";
import { apiUseOf } from "../../measure/api-use.ts";

export interface IssuingUse {
  /** By verb and resource, Events left out; those that were refused count, too. */
  readonly writes: Readonly<Record<string, number>>;
  readonly events: number;
  readonly reads: number;
  readonly refused: number;
}

const readVerbs = ["get", "list", "watch"];

export function issuingUseOf(requests: readonly AuditedRequest[]): IssuingUse {
  const { events, reads, refused } = apiUseOf(requests);
  const writes = new Map<string, number>();
  for (const { verb, resource } of requests) {
    if (readVerbs.includes(verb) || resource === "events") continue;
    const what = `${verb} ${resource}`;
    writes.set(what, (writes.get(what) ?? 0) + 1);
  }
  const sorted = [...writes].sort(([one], [other]) => compareText(one, other));
  return { writes: Object.fromEntries(sorted), events, reads, refused };
}

export function writesIn({ writes }: IssuingUse): number {
  return Object.values(writes).reduce((sum, count) => sum + count, 0);
}
