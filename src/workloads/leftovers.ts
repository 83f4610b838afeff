/** Ends the processes that an earlier run with this data directory left behind. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { ownPid, processesWith } from "#runtime/processes/process-table.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";

const patienceMs = 10_000;
/** How long a program may take to end at SIGTERM when it is asked. */
const graceMs = 5_000;
const interval = Temporal.Duration.from({ milliseconds: 20 });

export interface LeftoverDeps {
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
}

/**
 * Kills every process whose environment holds `variable`, unless it holds one of `kept` as well, and waits until none
 * is left; how many there were. The environment tells them even when nobody could write down their ids, and whatever
 * they started themselves.
 */
export async function endLeftovers(
  deps: LeftoverDeps,
  variable: string,
  kept: readonly string[] = [],
): Promise<number> {
  const found = await findLeftovers(deps.files, variable, kept);
  for (const identity of found) await deps.processes.signal(identity, "SIGKILL", "process");
  await untilGone(deps, found, patienceMs);
  return found.length;
}

/** As {@link endLeftovers}, but each is asked to end first. */
export async function askLeftoversToEnd(deps: LeftoverDeps, variable: string): Promise<number> {
  const found = await findLeftovers(deps.files, variable, []);
  for (const identity of found) await deps.processes.signal(identity, "SIGTERM", "process");
  await untilGone(deps, found, graceMs);
  await endLeftovers(deps, variable);
  return found.length;
}

async function findLeftovers(
  files: Files,
  variable: string,
  kept: readonly string[],
): Promise<readonly ProcessIdentity[]> {
  // Started from one of its own pods, a process would be a leftover to itself.
  const own = await ownPid(files);
  return (await processesWith(files, variable, kept)).filter(({ pid }) => pid !== own);
}

async function untilGone(
  { processes, clock }: LeftoverDeps,
  identities: readonly ProcessIdentity[],
  mostMs: number,
): Promise<void> {
  const end = clock.monotonicMs() + mostMs;
  for (const identity of identities) {
    while ((await processes.alive(identity)) && clock.monotonicMs() < end) {
      await clock.sleep(interval);
    }
  }
}
