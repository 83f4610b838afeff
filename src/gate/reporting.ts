/** What a gate writes back to its store: statuses at every change, Events once it is told to record them. */

import type { Finding } from "#base/finding.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/log.ts";
import { errorText, logFields } from "#runtime/log-fields.ts";
import { createFindingEvents } from "#status/finding-events.ts";
import { createIngressStatusWriter } from "#status/ingress-status.ts";
import type { ObjectStore } from "#store/object-store.ts";

export interface Reporting {
  /** Brings statuses and, once recording, Events to what holds now. */
  readonly update: () => Promise<void>;
  /** From now on what is found is recorded as Events. */
  readonly record: () => Promise<void>;
}

export interface ReportingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ObjectStore;
}

export interface ReportedState {
  readonly claimed: () => ReadonlyMap<string, string>;
  readonly findings: () => readonly Finding[];
  /** Where the gate is reached. */
  readonly address: string;
}

/** Writes that fail are logged: the next change tries again. */
export function createReporting(
  { clock, log, store }: ReportingDeps,
  state: ReportedState,
): Reporting {
  const status = createIngressStatusWriter(store, state.claimed, state.address);
  const events = createFindingEvents(store, state.findings, clock.now);
  let recording = false;
  const update = async (): Promise<void> => {
    try {
      await status.update();
      if (recording) await events.update();
    } catch (error) {
      log.warn("a status or event was not written", { [logFields.error]: errorText(error) });
    }
  };
  return {
    update,
    record: () => {
      recording = true;
      return update();
    },
  };
}
