/**
 * How many wrong passwords a client may still have looked at. Hashing is slow on purpose, so whoever is wrong often waits
 * for it alone: beyond the budget he is turned away without a hash.
 */

import { BoundedMap } from "#base/bounded-map.ts";
import type { Clock } from "#runtime/clock.ts";

export interface GuessLimits {
  /** Wrong passwords at once. */
  readonly burst: number;
  /** How soon one more is looked at. */
  readonly refill: Temporal.Duration;
  /** Clients remembered; whoever was not heard of for longest is forgotten first. */
  readonly clients: number;
}

/** A person who mistypes is not held up; a list of passwords is tried at twelve a minute. */
const defaultGuessLimits: GuessLimits = {
  burst: 20,
  refill: Temporal.Duration.from({ seconds: 5 }),
  clients: 50_000,
};

interface Spent {
  /** Wrong passwords that were not yet forgiven. */
  readonly guesses: number;
  readonly atMs: number;
}

export class GuessBudget {
  readonly #clock: Clock;
  readonly #limits: GuessLimits;
  readonly #spent: BoundedMap<string, Spent>;

  constructor(clock: Clock, limits: GuessLimits = defaultGuessLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#spent = new BoundedMap(limits.clients);
  }

  /** Takes one guess from the budget; false when none is left. */
  take(client: string): boolean {
    const guesses = this.#guessesOf(client);
    if (guesses + 1 > this.#limits.burst) return false;
    this.#spent.set(client, { guesses: guesses + 1, atMs: this.#clock.monotonicMs() });
    return true;
  }

  /** The guess was right: it costs nothing. */
  giveBack(client: string): void {
    const guesses = Math.max(0, this.#guessesOf(client) - 1);
    if (guesses === 0) this.#spent.delete(client);
    else this.#spent.set(client, { guesses, atMs: this.#clock.monotonicMs() });
  }

  #guessesOf(client: string): number {
    const spent = this.#spent.get(client);
    if (spent === undefined) return 0;
    const refillMs = this.#limits.refill.total("milliseconds");
    return Math.max(0, spent.guesses - (this.#clock.monotonicMs() - spent.atMs) / refillMs);
  }
}
