/** A clock on which nobody waits: sleeping is over at once, and timers run when a test says so. */

import { setImmediate } from "node:timers/promises";
import type { Clock } from "#runtime/clock.ts";

export interface HastyClock extends Clock {
  /** How long was slept, in milliseconds, oldest first. */
  readonly slept: readonly number[];
  /** Resolves once a timer of at least `duration` is set, and runs all those. */
  readonly run: (duration: Temporal.DurationLike) => Promise<void>;
}

interface Timer {
  readonly ms: number;
  readonly run: () => void;
}

/** A {@link HastyClock} that stands at the beginning of 2026. */
export function createHastyClock(): HastyClock {
  const slept: number[] = [];
  const timers = new Set<Timer>();
  let set = Promise.withResolvers<void>();
  const due = (ms: number): readonly Timer[] => [...timers].filter((timer) => timer.ms >= ms);
  return {
    slept,
    now: () => Temporal.Instant.from("2026-01-01T00:00:00Z"),
    monotonicMs: () => 0,
    sleep: async (duration, signal) => {
      signal?.throwIfAborted();
      slept.push(duration.total("milliseconds"));
      // Others have their turn, as they would.
      await setImmediate();
    },
    after: (duration, run) => {
      const timer = { ms: duration.total("milliseconds"), run };
      timers.add(timer);
      set.resolve();
      set = Promise.withResolvers();
      return () => timers.delete(timer);
    },
    run: async (duration) => {
      const ms = Temporal.Duration.from(duration).total("milliseconds");
      while (due(ms).length === 0) await set.promise;
      for (const timer of due(ms)) {
        timers.delete(timer);
        timer.run();
      }
    },
  };
}
