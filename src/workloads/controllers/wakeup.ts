/** Lets loops wait for "something changed" without missing a change that happens while they look. */

export class Wakeup {
  #generation = 0;
  readonly #waiters = new Set<() => void>();

  /** To be read before looking; hand it to {@link Wakeup.after}. */
  get generation(): number {
    return this.#generation;
  }

  /** Tells everyone who waits. */
  wake(): void {
    this.#generation += 1;
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Resolves once there was a wake after `generation`, or when aborted. */
  after(generation: number, signal: AbortSignal): Promise<void> {
    if (generation !== this.#generation || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiters.add(done);
      signal.addEventListener("abort", done);
    });
  }
}
