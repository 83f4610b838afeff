/** How long the answers to what one stream sent are awaited. */

import type { Clock } from "#runtime/clock.ts";

/** After this long without an answer the next response of the type goes out: one cluster that warms for long must not hold the others. */
export const patience = Temporal.Duration.from({ seconds: 1 });
/** After this long without an answer nobody waits for the proxy. */
const longestSilence = Temporal.Duration.from({ seconds: 10 });

export class AwaitedAnswers {
  readonly #clock: Clock;
  readonly #timers = new Map<string, () => void>();
  /** When each response was sent that is not answered, the oldest first. */
  readonly #sentMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A response left; `overdue` is called once when its answer takes long. */
  sent(nonce: string, overdue: () => void): void {
    this.#sentMs.set(nonce, this.#clock.monotonicMs());
    this.#timers.set(
      nonce,
      this.#clock.after(patience, () => {
        this.#timers.delete(nonce);
        overdue();
      }),
    );
  }

  /** The answer came. */
  answered(nonce: string): void {
    this.#timers.get(nonce)?.();
    this.#timers.delete(nonce);
    this.#sentMs.delete(nonce);
  }

  /** A response is not answered for so long that nobody waits for the proxy until it has. */
  get isSilent(): boolean {
    const [oldest] = this.#sentMs.values();
    if (oldest === undefined) return false;
    return this.#clock.monotonicMs() - oldest >= longestSilence.total("milliseconds");
  }

  /** Frees the timers. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
