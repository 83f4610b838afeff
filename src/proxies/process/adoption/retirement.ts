/** The old Envoys of hot restarts: each is ended once nothing is open on it, or its time is over. */

import { adoptChild } from "#runtime/adopted-child.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/log.ts";
import { errorText, logFields } from "#runtime/log-fields.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes.ts";
import type { EnvoyAdmin } from "../admin.ts";
import { endChild } from "../end-process.ts";

export interface RetirementDeps {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly log: Log;
  /** Of the Envoy that took over. */
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

  /** `longest`: what is still open after that is cut off. */
  constructor(deps: RetirementDeps, longest: Temporal.Duration) {
    this.#deps = deps;
    this.#longest = longest;
  }

  /** Watches an old Envoy to its end; one that is watched already is not watched twice. */
  begin(identity: ProcessIdentity): void {
    if (this.#running.has(identity.pid)) return;
    const ended = this.#retire(identity)
      .catch((error: unknown) => {
        const fields = { [logFields.pid]: identity.pid, [logFields.error]: errorText(error) };
        this.#deps.log.error("an Envoy that handed over was not ended", fields);
      })
      .finally(() => this.#running.delete(identity.pid));
    this.#running.set(identity.pid, ended);
  }

  /** Resolves when none is left. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Cuts off what is still open, from now on at once. */
  hurry(): void {
    this.#overtime.abort();
  }

  async #retire(identity: ProcessIdentity): Promise<void> {
    const { clock } = this.#deps;
    const over = new AbortController();
    const cancel = clock.after(this.#longest, () => over.abort());
    const child = adoptChild(this.#deps, identity);
    void child.exited.then(() => over.abort());
    await this.#untilIdle(AbortSignal.any([over.signal, this.#overtime.signal]));
    cancel();
    await endChild(this.#deps, child);
    await this.#deps.retired(identity);
  }

  async #untilIdle(over: AbortSignal): Promise<void> {
    const { clock, admin } = this.#deps;
    let idle = 0;
    while (!over.aborted && idle < idleLooks) {
      try {
        await clock.sleep(lookEvery, over);
      } catch (cause) {
        if (!over.aborted) throw cause;
      }
      idle = (await admin.parentConnections()) === 0 ? idle + 1 : 0;
    }
  }
}
