/** Values of Secrets that are gone leave the disk at once, or within a second where many go: each time costs two waits for the disk. */

import type { Clock } from "#runtime/clock.ts";

const pause = Temporal.Duration.from({ seconds: 1 });

/** What is wiped: `DurableState`. */
export interface Wiped {
  readonly holdsWiped: boolean;
  readonly wipe: () => void;
}

export class Wiping {
  readonly #clock: Pick<Clock, "after">;
  readonly #wiped: Wiped;
  #stopPause: (() => void) | undefined;

  constructor(clock: Pick<Clock, "after">, wiped: Wiped) {
    this.#clock = clock;
    this.#wiped = wiped;
  }

  /** Called behind every write. */
  look(): void {
    if (!this.#wiped.holdsWiped || this.#stopPause !== undefined) return;
    try {
      this.#wiped.wipe();
    } catch {
      // It is tried again behind the pause; a disk that is broken says so to whoever writes next.
    }
    this.#stopPause = this.#clock.after(pause, () => {
      this.#stopPause = undefined;
      this.look();
    });
  }

  /** Nothing is wiped any more. */
  stop(): void {
    this.#stopPause?.();
  }
}
