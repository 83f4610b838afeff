/** Waiting with an end: for a moment, or until something is seen. */

import { setTimeout as sleepFor } from "node:timers/promises";

export function pause(milliseconds: number): Promise<void> {
  return sleepFor(milliseconds);
}

export interface Patience {
  /** In the error when it does not come. */
  readonly what: string;
  readonly longestMs: number;
  /** Between two looks; 0: back to back. */
  readonly everyMs: number;
}

/** Looks until `isSeen`; a look that fails is a no. Returns `performance.now()` of the yes. */
export async function until(isSeen: () => Promise<boolean>, patience: Patience): Promise<number> {
  const end = performance.now() + patience.longestMs;
  for (;;) {
    const failure = await look(isSeen);
    const now = performance.now();
    if (failure === undefined) return now;
    if (now > end) {
      throw new Error(`${patience.what} did not come in ${patience.longestMs} ms: ${failure}`);
    }
    if (patience.everyMs > 0 || failure !== "not yet") await pause(Math.max(1, patience.everyMs));
  }
}

/** Undefined when it is seen, else why not. */
async function look(isSeen: () => Promise<boolean>): Promise<string | undefined> {
  try {
    return (await isSeen()) ? undefined : "not yet";
  } catch (error) {
    return error instanceof Error ? error.message : "unknown";
  }
}
