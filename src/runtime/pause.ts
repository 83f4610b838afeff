/** Sleeping that an abort ends without an exception. */

import type { Clock } from "./clock.ts";

/** Resolves true after `duration`, false when aborted before. */
export async function pause(
  clock: Clock,
  duration: Temporal.Duration,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
  if (duration.sign <= 0) return true;
  try {
    await clock.sleep(duration, signal);
    return true;
  } catch (cause) {
    if (signal.aborted) return false;
    throw cause;
  }
}
