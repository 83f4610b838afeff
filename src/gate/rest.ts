/**
 * Memory is given back when there is rest. V8 collects what was kept for a while only when the heap has grown much, and
 * counts nothing of what Node and OpenSSL keep beside it: after a start with 10,000 certificates most of what the process
 * held was garbage, for as long as nothing happened.
 */

import type { Clock } from "#runtime/clock.ts";
import type { Memory } from "#runtime/memory.ts";

/** How often there is a look. */
export const restInterval = Temporal.Duration.from({ seconds: 15 });

/** What is busy for more of an interval than this is not at rest: a collection would hold up a change. */
const busyShare = 0.05;

/** Less than so much more than after the last time is not worth a collection. */
const worthwhileBytes = 48 * 2 ** 20;

/** Looks until the returned function is called; the first collection may come after two intervals. */
export function collectAtRest(clock: Clock, memory: Memory): () => void {
  let least = memory.residentBytes();
  let before = memory.processorMs();
  const look = (): void => {
    const now = memory.processorMs();
    const isBusy = now - before > restInterval.total("milliseconds") * busyShare;
    if (!isBusy && memory.residentBytes() > least + worthwhileBytes) {
      memory.collect();
      least = memory.residentBytes();
    }
    before = memory.processorMs();
    cancel = clock.after(restInterval, look);
  };
  let cancel = clock.after(restInterval, look);
  return () => cancel();
}
