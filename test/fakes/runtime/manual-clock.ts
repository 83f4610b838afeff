/** A clock that stands still until a test moves it. */

import type { Clock } from "#runtime/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on, runs what falls due, earliest first, and lets what waited for it go on. */
  readonly advance: (duration: Temporal.DurationLike) => Promise<void>;
  /** Sets the wall clock on, or back: it was set, or the machine slept. Timers do not notice. */
  readonly jump: (duration: Temporal.DurationLike) => void;
  /** How long until the next timer falls due, but for those that were set for just `but`; undefined: nothing else waits. */
  readonly nextTimerMs: (but?: Temporal.Duration) => number | undefined;
  /** Resolves once something waits for time to pass: at once when something already does. */
  readonly timerSet: () => Promise<void>;
  /** How many timers wait now. */
  readonly timerCount: () => number;
}

interface Timer {
  readonly dueMs: number;
  readonly spanMs: number;
  readonly run: () => void;
}

/** A {@link ManualClock} that stands at `start`. */
export function createManualClock(
  start: Temporal.Instant = Temporal.Instant.from("2026-01-01T00:00:00Z"),
): ManualClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let jumpedMs = 0;
  let set = Promise.withResolvers<void>();

  const after: Clock["after"] = (duration, run) => {
    const spanMs = duration.total("milliseconds");
    const timer = { dueMs: elapsedMs + spanMs, spanMs, run };
    timers.add(timer);
    set.resolve();
    set = Promise.withResolvers();
    return () => timers.delete(timer);
  };

  const advance: ManualClock["advance"] = async (duration) => {
    const endMs = elapsedMs + Temporal.Duration.from(duration).total("milliseconds");
    for (;;) {
      const due = earliest(timers);
      if (due === undefined || due.dueMs > endMs) break;
      timers.delete(due);
      elapsedMs = Math.max(elapsedMs, due.dueMs);
      due.run();
      await Promise.resolve();
    }
    elapsedMs = endMs;
  };

  const timerSet: ManualClock["timerSet"] = async () => {
    while (timers.size === 0) await set.promise;
  };

  return {
    now: () => start.add({ milliseconds: elapsedMs + jumpedMs }),
    monotonicMs: () => elapsedMs,
    after,
    sleep: (duration, signal) => sleep(after, duration, signal),
    advance,
    jump: (duration) => {
      jumpedMs += Temporal.Duration.from(duration).total("milliseconds");
    },
    nextTimerMs: (but) => {
      const butMs = but?.total("milliseconds");
      const due = earliest([...timers].filter(({ spanMs }) => spanMs !== butMs));
      return due === undefined ? undefined : Math.max(0, due.dueMs - elapsedMs);
    },
    timerSet,
    timerCount: () => timers.size,
  };
}

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer;
  return first;
}

function sleep(
  after: Clock["after"],
  duration: Temporal.Duration,
  signal?: AbortSignal,
): Promise<void> {
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
