/**
 * Writes that come in one turn of the event loop → one transaction: many controllers wait for the disk once, not one by one.
 * As each write waits for the turn to end, who writes one after the other without end lets everybody else have theirs.
 */

import type { Clock } from "#runtime/clock.ts";
import type { Outcome } from "./durable-state.ts";

const endOfTurn = Temporal.Duration.from({ seconds: 0 });

interface Waiting {
  readonly write: () => unknown;
  readonly end: (outcome: Outcome) => void;
}

export class SharedWrites {
  readonly #clock: Pick<Clock, "after">;
  readonly #transact: (writes: readonly (() => unknown)[]) => readonly Outcome[];
  #waiting: Waiting[] = [];

  /** `transact` does writes in their order; it throws when none could be made durable. */
  constructor(
    clock: Pick<Clock, "after">,
    transact: (writes: readonly (() => unknown)[]) => readonly Outcome[],
  ) {
    this.#clock = clock;
    this.#transact = transact;
  }

  /** Resolves to what the write gave, once it is durable. */
  add<T>(write: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const end = (outcome: Outcome): void =>
      "error" in outcome ? reject(outcome.error) : resolve(outcome.value as T);
    this.#waiting.push({ write, end });
    if (this.#waiting.length === 1) this.#clock.after(endOfTurn, () => this.finish());
    return promise;
  }

  /** Does at once what was added. */
  finish(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    for (const [index, outcome] of this.#outcomes(waiting).entries()) waiting[index]?.end(outcome);
  }

  #outcomes(waiting: readonly Waiting[]): readonly Outcome[] {
    try {
      return this.#transact(waiting.map(({ write }) => write));
    } catch (error) {
      return waiting.map(() => ({ error }));
    }
  }
}
