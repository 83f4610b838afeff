/** Zones whose servers could not be asked, as where port 53 is closed: for a while resolvers are asked at once. */

import type { Clock } from "#runtime/clock.ts";

const closedMs = 10 * 60 * 1000;
/** Beyond it the oldest is forgotten. */
const mostZones = 1000;

export class ClosedZones {
  readonly #clock: Clock;
  /** Zone → until when, oldest first. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isClosed(zone: string): boolean {
    return (this.#untilMs.get(zone) ?? 0) > this.#clock.monotonicMs();
  }

  close(zone: string): void {
    this.#untilMs.delete(zone);
    this.#untilMs.set(zone, this.#clock.monotonicMs() + closedMs);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > mostZones && oldest !== undefined) this.#untilMs.delete(oldest);
  }
}
