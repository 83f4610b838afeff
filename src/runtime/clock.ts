/** Time, injected: tests advance it by hand. */

export interface Clock {
  /** The wall clock now. */
  readonly now: () => Temporal.Instant;
  /** Milliseconds from a fixed unknown point; never goes back. For measuring spans. */
  readonly monotonicMs: () => number;
  /** Resolves after `duration`; rejects with the signal's reason when aborted. */
  readonly sleep: (duration: Temporal.Duration, signal?: AbortSignal) => Promise<void>;
  /** Calls `run` once after `duration`; the returned function cancels it. */
  readonly after: (duration: Temporal.Duration, run: () => void) => () => void;
}
