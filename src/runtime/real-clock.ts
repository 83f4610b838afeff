/** The clock of this machine. */

import type { Clock } from "./clock.ts";

/** Timers of Node count in 32 signed bits; a longer wait (a certificate's life) is made of several. */
const longestTimerMs = 2 ** 31 - 1;

/** A {@link Clock} that tells the time of this machine. */
export function createClock(): Clock {
  return {
    now: () => Temporal.Now.instant(),
    monotonicMs: () => performance.now(),
    sleep,
    after,
  };
}

function sleep(duration: Temporal.Duration, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = after(duration, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function after(duration: Temporal.Duration, run: () => void): () => void {
  const total = Math.ceil(duration.total("milliseconds"));
  if (total <= 0) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  }
  return startTimer(total, run);
}

function startTimer(total: number, run: () => void): () => void {
  let left = total;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    const step = Math.min(left, longestTimerMs);
    left -= step;
    timer = setTimeout(left > 0 ? next : run, step);
  };
  next();
  return () => clearTimeout(timer);
}
