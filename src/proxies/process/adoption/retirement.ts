/**
 * The old Envoys of hot restarts: each is ended by the Envoy that took over from it.
 *
 * Never by us while that one lives: Envoy takes its parent for alive until it ended it itself. The next question for
 * statistics, and the next hot restart, would find nobody, hold it up for 10 s and abort it.
 */

import type { Clock } from "#runtime/clock.ts";
import { pause } from "#runtime/pause.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { EnvoyAdmin } from "../admin.ts";
import { endProcess } from "../end-process.ts";

export interface RetirementDeps {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly log: Log;
  /** Of the Envoy that serves. */
  readonly admin: EnvoyAdmin;
  /** Told when an old one is gone. */
  readonly retired: (identity: ProcessIdentity) => Promise<void>;
}

const lookEvery = Temporal.Duration.from({ milliseconds: 500 });
/** The new one counts the old one's connections, and begins to some time after it took over: one zero may be early. */
const idleLooks = 3;

export class Retirements {
  readonly #deps: RetirementDeps;
  readonly #longest: Temporal.Duration;
  readonly #overtime = new AbortController();
  readonly #running = new Map<number, Promise<void>>();

  /** `longest`: what is still open on one without an heir is cut off after that. */
  constructor(deps: RetirementDeps, longest: Temporal.Duration) {
    this.#deps = deps;
    this.#longest = longest;
  }

  /**
   * Watches an old Envoy, from which `heir` took over, to its end; one that is watched already is not watched twice.
   * `longest`: how long it goes on without that one.
   */
  begin(
    identity: ProcessIdentity,
    heir: ProcessIdentity | undefined,
    longest: Temporal.Duration = this.#longest,
  ): void {
    if (this.#running.has(identity.pid)) return;
    const ended = this.#retire(identity, heir, longest)
      .catch((error: unknown) => {
        const fields = { [logFields.pid]: identity.pid, [logFields.error]: errorText(error) };
        this.#deps.log.error("an Envoy that handed over was not ended", fields);
      })
      .finally(() => this.#running.delete(identity.pid));
    this.#running.set(identity.pid, ended);
  }

  /** Resolves when none is left. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Resolves when nothing is open on them, or none is left. */
  async idle(over: AbortSignal): Promise<void> {
    const { clock, admin } = this.#deps;
    let idle = 0;
    while (this.#running.size > 0 && idle < idleLooks && (await pause(clock, lookEvery, over))) {
      idle = (await admin.parentConnections()) === 0 ? idle + 1 : 0;
    }
  }

  /** Cuts off what is still open, from now on at once; the Envoy that serves has ended. */
  hurry(): void {
    this.#overtime.abort();
  }

  async #retire(
    identity: ProcessIdentity,
    heir: ProcessIdentity | undefined,
    longest: Temporal.Duration,
  ): Promise<void> {
    const over = new AbortController();
    const left = AbortSignal.any([over.signal, this.#overtime.signal]);
    const gone = this.#untilGone(identity, left).finally(() => over.abort());
    if (heir !== undefined) await this.#untilGone(heir, left);
    await pause(this.#deps.clock, longest, left);
    over.abort();
    await gone;
    if (await this.#deps.processes.alive(identity)) await endProcess(this.#deps, identity);
    await this.#deps.retired(identity);
  }

  async #untilGone(identity: ProcessIdentity, over: AbortSignal): Promise<void> {
    const { clock, processes } = this.#deps;
    while (!over.aborted && (await processes.alive(identity))) await pause(clock, lookEvery, over);
  }
}
