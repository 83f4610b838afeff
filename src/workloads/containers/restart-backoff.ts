/** When a container that ended is started again: at once the first time, then after 10 s, doubling to 5 min (kubelet's CrashLoopBackOff). */

const first = Temporal.Duration.from({ seconds: 10 });
const mostSeconds = 300;
/** A run this long clears the record. */
const resetAfterMs = 600_000;

export class RestartBackoff {
  #next = Temporal.Duration.from({ seconds: 0 });

  /** The wait before the next start, after a run of `ranMs`. */
  next(ranMs: number): Temporal.Duration {
    if (ranMs >= resetAfterMs) this.#next = Temporal.Duration.from({ seconds: 0 });
    const wait = this.#next;
    const seconds = wait.total("seconds");
    this.#next =
      seconds === 0
        ? first
        : Temporal.Duration.from({ seconds: Math.min(seconds * 2, mostSeconds) });
    return wait;
  }
}
