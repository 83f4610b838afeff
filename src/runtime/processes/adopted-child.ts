/** A process that somebody else started, watched as if it were a child of ours. */

import type { Clock } from "../clock.ts";
import type { Child, Processes, ProcessIdentity } from "./processes.ts";

/** The system tells nobody but the parent of an end: so it is looked for this often. */
const lookEvery = Temporal.Duration.from({ milliseconds: 250 });

/**
 * The {@link Child} of a process that may not be ours. How it ended is not known to us: both fields of its exit status
 * are undefined.
 */
export function adoptChild(
  { clock, processes }: { readonly clock: Clock; readonly processes: Pick<Processes, "alive"> },
  identity: ProcessIdentity,
): Child {
  const untilGone = async (): Promise<void> => {
    while (await processes.alive(identity)) await clock.sleep(lookEvery);
  };
  return {
    identity,
    exited: untilGone().then(() => ({ code: undefined, signal: undefined })),
  };
}
