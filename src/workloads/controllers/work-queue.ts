/** Keys to look at again: each once however often it was added, one at a time, failures later again. */

import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText } from "#runtime/telemetry/log-fields.ts";
import { StoreError } from "#store/object-store.ts";

/** Does the work of a key; the moment returned is when to look again. */
export type Sync = (key: string) => Promise<Temporal.Instant | undefined>;

const firstRetryMs = 50;
const mostRetryMs = 30_000;

export class WorkQueue {
  readonly #sync: Sync;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keys = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  readonly #failures = new Map<string, number>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(sync: Sync, clock: Clock, log: Log) {
    this.#sync = sync;
    this.#clock = clock;
    this.#log = log;
  }

  /** Works on the key soon, after those that were added before. */
  add(key: string): void {
    if (this.#closed) return;
    this.#keys.add(key);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to do now; work put off to a later time does not count. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Lets the present key finish and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#keys.clear();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.idle();
  }

  async #run(): Promise<void> {
    // What is added in the same turn is seen together.
    await Promise.resolve();
    for (const key of this.#keys) {
      this.#keys.delete(key);
      this.#timers.get(key)?.();
      this.#timers.delete(key);
      await this.#work(key);
    }
    this.#running = undefined;
  }

  async #work(key: string): Promise<void> {
    try {
      const again = await this.#sync(key);
      this.#failures.delete(key);
      if (again !== undefined) this.#later(key, this.#clock.now().until(again));
    } catch (cause) {
      // Gone while it was worked on: the watch tells what is left to do.
      if (cause instanceof StoreError && cause.code === "not-found") return;
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const isExpected = cause instanceof StoreError && cause.retryable;
      if (!isExpected) {
        this.#log.error("workload not reconciled", { object: key, error: errorText(cause) });
      }
      const milliseconds = Math.min(firstRetryMs * 2 ** failures, mostRetryMs);
      this.#later(key, Temporal.Duration.from({ milliseconds }));
    }
  }

  #later(key: string, wait: Temporal.Duration): void {
    if (this.#closed) return;
    this.#timers.get(key)?.();
    const positive = wait.sign < 0 ? Temporal.Duration.from({ seconds: 0 }) : wait;
    const cancel = this.#clock.after(positive, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, cancel);
  }
}
