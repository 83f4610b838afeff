/**
 * When keys are due again: after a span, by whichever clock says first that it is over. Timers stand still while a machine
 * sleeps, and a wall clock may be set: once a minute both clocks are compared, and timers set anew where they have parted.
 */

import type { Clock } from "#runtime/clock.ts";

interface Wait {
  /** By the wall clock as it was when the wait began. */
  readonly endMs: number;
  readonly cancel: () => void;
}

const lookEvery = Temporal.Duration.from({ minutes: 1 });

/** Clocks are read one after the other, and wall clocks are corrected by little. */
const harmlessMs = 1_000;

export class Agenda {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  readonly #waits = new Map<string, Wait>();
  #look: { readonly leadMs: number; readonly cancel: () => void } | undefined;

  /** `due` is told of each key once, when its wait is over. */
  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** In place of what was set for the key before. */
  set(key: string, milliseconds: number): void {
    this.delete(key);
    const endMs = this.#clock.now().epochMilliseconds + milliseconds;
    this.#start(key, endMs, milliseconds);
    this.#look ??= this.#lookLater();
  }

  /** The key waits no more. */
  delete(key: string): void {
    this.#waits.get(key)?.cancel();
    this.#waits.delete(key);
  }

  /** Nothing waits any more. */
  clear(): void {
    for (const { cancel } of this.#waits.values()) cancel();
    this.#waits.clear();
    this.#look?.cancel();
    this.#look = undefined;
  }

  #start(key: string, endMs: number, milliseconds: number): void {
    const span = Temporal.Duration.from({ milliseconds: Math.ceil(Math.max(0, milliseconds)) });
    const cancel = this.#clock.after(span, () => {
      this.#waits.delete(key);
      this.#due(key);
    });
    this.#waits.set(key, { endMs, cancel });
  }

  #lookLater(): { readonly leadMs: number; readonly cancel: () => void } {
    const leadMs = this.#leadMs();
    const cancel = this.#clock.after(lookEvery, () => {
      this.#look = undefined;
      // Set back, the wall clock says nothing: what waits goes on to wait as long as it was to.
      if (this.#leadMs() - leadMs > harmlessMs) this.#startAnew();
      if (this.#waits.size > 0) this.#look = this.#lookLater();
    });
    return { leadMs, cancel };
  }

  #startAnew(): void {
    const nowMs = this.#clock.now().epochMilliseconds;
    for (const [key, { endMs, cancel }] of [...this.#waits]) {
      cancel();
      this.#start(key, endMs, endMs - nowMs);
    }
  }

  /** How far the wall clock is ahead of the other. */
  #leadMs(): number {
    return this.#clock.now().epochMilliseconds - this.#clock.monotonicMs();
  }
}
