/** How long to wait before the next try: twice as long each time, with jitter, so that many who failed at once do not return at once. */

import type { Random } from "#runtime/random.ts";

const firstMs = 500;
/** An API server that was away is found again at most so much later. */
const longestMs = 15_000;

export class Backoff {
  readonly #random: Random;
  readonly #longestMs: number;
  #tries = 0;

  /** By default the longest wait is 15 s. */
  constructor(random: Random, longest?: Temporal.Duration) {
    this.#random = random;
    this.#longestMs = longest?.total("milliseconds") ?? longestMs;
  }

  /** Between half and all of the time that is due. */
  next(): Temporal.Duration {
    const dueMs = Math.min(this.#longestMs, firstMs * 2 ** this.#tries);
    // Behind the longest wait nothing grows any more.
    if (dueMs < this.#longestMs) this.#tries++;
    const milliseconds = Math.round(dueMs * (0.5 + this.#random.fraction() / 2));
    return Temporal.Duration.from({ milliseconds });
  }

  /** It worked: the next failure is a first one again. */
  reset(): void {
    this.#tries = 0;
  }
}
