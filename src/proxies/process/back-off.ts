/** How long to wait before a program that died is started again. */

import type { Random } from "#runtime/random.ts";

export interface BackOffSettings {
  readonly first: Temporal.Duration;
  readonly longest: Temporal.Duration;
  /** A run of at least this length starts the series anew. */
  readonly stableAfter: Temporal.Duration;
}

const defaultBackOff: BackOffSettings = {
  first: Temporal.Duration.from({ seconds: 1 }),
  longest: Temporal.Duration.from({ seconds: 30 }),
  stableAfter: Temporal.Duration.from({ seconds: 60 }),
};

export interface BackOff {
  /** The wait after a run of `ranMs`: doubled each time up to the longest, less up to a fifth by chance. */
  readonly next: (ranMs: number) => Temporal.Duration;
}

/** A series of its own; `random` spreads the waits so that many programs do not restart in step. */
export function createBackOff(random: Random, settings: BackOffSettings = defaultBackOff): BackOff {
  const first = settings.first.total("milliseconds");
  const longest = settings.longest.total("milliseconds");
  const stable = settings.stableAfter.total("milliseconds");
  let failures = 0;
  return {
    next: (ranMs) => {
      failures = ranMs >= stable ? 1 : failures + 1;
      const full = Math.min(longest, first * 2 ** (failures - 1));
      return Temporal.Duration.from({
        milliseconds: Math.round(full * (1 - 0.2 * random.fraction())),
      });
    },
  };
}
