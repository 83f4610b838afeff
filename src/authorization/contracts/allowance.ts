/** How much of a rate is used up: evenly spaced requests, and so many that may come before their time. */

import { BoundedMap } from "#base/bounded-map.ts";

export interface Rate {
  /** So many in `perMs`. */
  readonly requests: number;
  readonly perMs: number;
  /** So many more may come before their time. */
  readonly burst: number;
  /** So many different names are remembered, the last ones that came. */
  readonly mostKeys: number;
}

interface Used {
  /** Requests whose time has not come yet. */
  readonly level: number;
  readonly atMs: number;
}

export class Allowance {
  readonly #rate: Rate;
  readonly #used: BoundedMap<string, Used>;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#used = new BoundedMap(rate.mostKeys);
  }

  /** Whether one more may come under the name. Nothing is taken by asking. */
  hasRoom(name: string, nowMs: number): boolean {
    return this.#levelOf(name, nowMs) <= this.#rate.burst;
  }

  take(name: string, nowMs: number): void {
    this.#used.set(name, { level: this.#levelOf(name, nowMs) + 1, atMs: nowMs });
  }

  #levelOf(name: string, nowMs: number): number {
    const used = this.#used.get(name);
    if (used === undefined) return 0;
    const { requests, perMs } = this.#rate;
    return Math.max(0, used.level - ((nowMs - used.atMs) * requests) / perMs);
  }
}
