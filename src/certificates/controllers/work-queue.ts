/**
 * Keys to look at: each once however often it was added, the most urgent first, several at a time, failures later again. Orders
 * and Challenges have a queue of their own, which says why: `acme/work-queue.ts`.
 */

import type { Clock } from "#runtime/clock.ts";
import { Agenda } from "../agenda.ts";
import { Heap } from "./heap.ts";

export interface WorkQueueSettings {
  /** Does the work of a key; the moment returned is when to look again. */
  readonly work: (key: string) => Promise<Temporal.Instant | undefined>;
  /** The smaller the sooner; asked when a key is added. */
  readonly urgency: (key: string) => number;
  /** Told of what was thrown; says whether to try again. */
  readonly failed: (key: string, cause: unknown) => "again" | "drop";
  readonly parallel: number;
}

const firstRetryMs = 100;
const mostRetryMs = 30_000;

export class WorkQueue {
  readonly #clock: Clock;
  readonly #settings: WorkQueueSettings;
  readonly #waiting = new Heap<string>();
  readonly #queued = new Set<string>();
  /** Worked on now; those that were added meanwhile are worked on again. */
  readonly #running = new Map<string, "once" | "again">();
  readonly #agenda: Agenda;
  readonly #failures = new Map<string, number>();
  #idle: PromiseWithResolvers<void> | undefined;
  #closed = false;
  #scheduled = false;

  constructor(clock: Clock, settings: WorkQueueSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#agenda = new Agenda(clock, (key) => this.add(key));
  }

  /** Works on the key soon. */
  add(key: string): void {
    if (this.#closed || this.#queued.has(key)) return;
    if (this.#running.has(key)) {
      this.#running.set(key, "again");
      return;
    }
    this.#queued.add(key);
    this.#waiting.push(key, this.#settings.urgency(key));
    this.#schedule();
  }

  /** Works on the key at a moment, or before where it is added until then. */
  addAt(key: string, at: Temporal.Instant): void {
    if (this.#closed) return;
    this.#agenda.set(key, at.epochMilliseconds - this.#clock.now().epochMilliseconds);
  }

  /** How many wait for their turn. */
  get depth(): number {
    return this.#queued.size;
  }

  /** Resolves when nothing is left to do now; what was put off does not count. */
  async settled(): Promise<void> {
    if (this.#isIdle()) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  /** Lets what is worked on finish, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queued.clear();
    this.#agenda.clear();
    await this.settled();
  }

  #isIdle(): boolean {
    return this.#queued.size === 0 && this.#running.size === 0;
  }

  /** What is added in the same turn is seen together, so that the most urgent of it is first. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#running.size < this.#settings.parallel) {
      const key = this.#waiting.pop();
      if (key === undefined) break;
      if (!this.#queued.delete(key)) continue;
      void this.#run(key);
    }
    if (this.#isIdle()) {
      this.#idle?.resolve();
      this.#idle = undefined;
    }
  }

  async #run(key: string): Promise<void> {
    this.#running.set(key, "once");
    this.#agenda.delete(key);
    const again = await this.#attempt(key);
    const isWanted = this.#running.get(key) === "again";
    this.#running.delete(key);
    if (isWanted) this.add(key);
    else if (again !== undefined) this.addAt(key, again);
    this.#schedule();
  }

  async #attempt(key: string): Promise<Temporal.Instant | undefined> {
    try {
      const again = await this.#settings.work(key);
      this.#failures.delete(key);
      return again;
    } catch (cause) {
      if (this.#settings.failed(key, cause) === "drop") return undefined;
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const milliseconds = Math.min(firstRetryMs * 2 ** Math.min(failures, 20), mostRetryMs);
      return this.#clock.now().add({ milliseconds });
    }
  }
}
