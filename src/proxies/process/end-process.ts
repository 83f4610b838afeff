/** Ends a process: SIGTERM, and SIGKILL to its group when that was not enough. */

import type { Clock } from "#runtime/clock.ts";
import { adoptChild } from "#runtime/processes/adopted-child.ts";
import type { Child, Processes, ProcessIdentity } from "#runtime/processes/processes.ts";

/** SIGTERM takes Envoy some 20 ms. */
const termGrace = Temporal.Duration.from({ seconds: 5 });

interface EndDeps {
  readonly clock: Clock;
  readonly processes: Processes;
}

/** Resolves once the child is gone. */
export async function endChild({ clock, processes }: EndDeps, child: Child): Promise<void> {
  const gone = new AbortController();
  const exited = child.exited.finally(() => gone.abort());
  await processes.signal(child.identity, "SIGTERM", "process");
  try {
    await clock.sleep(termGrace, gone.signal);
    await processes.signal(child.identity, "SIGKILL", "group");
  } catch (cause) {
    if (!gone.signal.aborted) throw cause;
  }
  await exited;
}

/** Resolves once a process that may not be ours is gone. */
export async function endProcess(deps: EndDeps, identity: ProcessIdentity): Promise<void> {
  await endChild(deps, adoptChild(deps, identity));
}
