/** Ends the processes that an earlier run with this data directory left behind. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { ownPid, processesWith } from "#runtime/process-table.ts";
import type { Processes } from "#runtime/processes.ts";

const patienceMs = 10_000;
const interval = Temporal.Duration.from({ milliseconds: 20 });

/**
 * Kills every process whose environment holds `variable` and waits until none is left; how many there were. The
 * environment tells them even when nobody could write down their ids, and whatever they started themselves.
 */
export async function endLeftovers(
  deps: { readonly files: Files; readonly processes: Processes; readonly clock: Clock },
  variable: string,
): Promise<number> {
  // Started from one of its own pods, a process would be a leftover to itself.
  const own = await ownPid(deps.files);
  const all = await processesWith(deps.files, variable);
  const found = all.filter(({ pid }) => pid !== own);
  for (const identity of found) await deps.processes.signal(identity, "SIGKILL", false);
  const end = deps.clock.monotonicMs() + patienceMs;
  for (const identity of found) {
    while ((await deps.processes.alive(identity)) && deps.clock.monotonicMs() < end) {
      await deps.clock.sleep(interval);
    }
  }
  return found.length;
}
