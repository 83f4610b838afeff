/**
 * Keys to be worked on: each by one worker at a time, a few at once, again when it is due. Beside
 * `controllers/work-queue.ts`, as steps here ask servers: they say themselves how long to wait, what an outage puts off no change
 * of ours brings forward, and stopping ends them. There urgency decides, as of thousands that want to be signed few can be at once.
 */

import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { StoreError } from "#store/object-store.ts";
import { Agenda } from "../agenda.ts";
import type { Reconciled } from "./reconciled.ts";

/** Who fails waits twice as long every time. */
const firstPauseMs = 1_000;
const longestPauseMs = 30 * 60_000;

/** An outage ends without anybody telling us. */
const longestOutagePauseMs = 5 * 60_000;

/** Somebody else wrote first: what they wrote is seen in a moment. */
const conflictPauseMs = 50;

export interface WorkQueueSettings {
  readonly atOnce: number;
  readonly work: (key: string, signal: AbortSignal) => Promise<Reconciled>;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #settings: WorkQueueSettings;
  readonly #stopping = new AbortController();
  /** Due now, in the order in which they became so. */
  readonly #due = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #agenda: Agenda;
  readonly #failures = new Map<string, number>();
  /** What we write about an outage ourselves is a change, too, and must not cut the wait short. */
  readonly #leftAloneUntilMs = new Map<string, number>();

  constructor(deps: { readonly clock: Clock; readonly log: Log }, settings: WorkQueueSettings) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#settings = settings;
    this.#agenda = new Agenda(deps.clock, (key) => this.#makeDue(key));
  }

  /** Something about this key has changed: it is due, but for one that has to be left alone for a while. */
  add(key: string): void {
    const isLeftAlone = this.#clock.monotonicMs() < (this.#leftAloneUntilMs.get(key) ?? 0);
    if (!isLeftAlone) this.#makeDue(key);
  }

  /** Ends what runs and takes nothing more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#agenda.clear();
    this.#due.clear();
    await Promise.all(this.#running.values());
  }

  /** One that is worked on now is due again after that. */
  #makeDue(key: string): void {
    if (this.#stopping.signal.aborted) return;
    this.#agenda.delete(key);
    this.#leftAloneUntilMs.delete(key);
    this.#due.add(key);
    this.#startNext();
  }

  #startNext(): void {
    for (const key of this.#due) {
      if (this.#running.size >= this.#settings.atOnce) return;
      if (this.#running.has(key)) continue;
      this.#due.delete(key);
      const run = this.#run(key).finally(() => {
        this.#running.delete(key);
        this.#startNext();
      });
      this.#running.set(key, run);
    }
  }

  async #run(key: string): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const outcome = await this.#settings.work(key, signal);
      if (outcome.kind === "outage") {
        const asked = outcome.retryAfter?.total("milliseconds") ?? 0;
        const pauseMs = Math.max(asked, Math.min(this.#nextPauseMs(key), longestOutagePauseMs));
        this.#due.delete(key);
        this.#later(key, pauseMs);
        this.#leftAloneUntilMs.set(key, this.#clock.monotonicMs() + pauseMs);
        return;
      }
      this.#failures.delete(key);
      if (outcome.kind === "again") this.#later(key, outcome.after.total("milliseconds"));
    } catch (error) {
      if (signal.aborted) return;
      this.#later(key, this.#pauseAfter(key, error));
    }
  }

  #pauseAfter(key: string, error: unknown): number {
    if (error instanceof StoreError && error.code === "conflict") return conflictPauseMs;
    const pauseMs = this.#nextPauseMs(key);
    this.#log.warn("work on an object failed and is tried again", {
      [logFields.object]: key,
      [logFields.attempt]: this.#failures.get(key),
      [logFields.error]: errorText(error),
    });
    return Math.min(pauseMs, longestPauseMs);
  }

  #nextPauseMs(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return firstPauseMs * 2 ** Math.min(failures - 1, 20);
  }

  #later(key: string, milliseconds: number): void {
    if (this.#stopping.signal.aborted || this.#due.has(key)) return;
    if (milliseconds <= 0) {
      this.#due.add(key);
      return;
    }
    this.#agenda.set(key, milliseconds);
  }
}
