/** How long to wait before the next try: twice as long each time, with jitter, so that many who failed at once do not return at once. */

import type { Random } from "#runtime/random.ts";

const firstMs = 500;
/** An API server that was away is found again at most so much later. */
const longestMs = 15_000;

export class Backoff {
  readonly #random: Random;
  #tries = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Between half and all of the time that is due. */
  next(): Temporal.Duration {
    const dueMs = Math.min(longestMs, firstMs * 2 ** this.#tries);
    // Behind the longest wait nothing grows any more.
    if (dueMs < longestMs) this.#tries++;
    const milliseconds = Math.round(dueMs * (0.5 + this.#random.fraction() / 2));
    return Temporal.Duration.from({ milliseconds });
  }

  /** It worked: the next failure is a first one again. */
  reset(): void {
    this.#tries = 0;
  }
}
