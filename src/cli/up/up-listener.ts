/** What a run of `up` tells whoever shows it. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import type { Place } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { Applied } from "#gate/feed.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Terminal } from "#runtime/environment.ts";

export interface UpOutput {
  /** A step before the gate serves. */
  readonly progress: (message: string) => void;
  readonly ready: (status: GateStatus) => void;
  /** What the proxies are told has changed, in so many resources. */
  readonly applied: (applied: Applied, resources: number) => void;
  readonly findings: (change: LocatedChange) => void;
  /** `locate` finds the line that decided; that takes a moment, so only who shows it asks. */
  readonly access: (record: AccessRecord, locate: () => Place | undefined) => void;
  /** Something about Envoy, the pods or certificates that a person should know. */
  readonly notice: (message: string) => void;
  /** Whether a status is wanted from time to time. */
  readonly showsStatus: boolean;
  readonly status: (status: GateStatus) => void;
  /** The gate ends; requests under way may take their time. */
  readonly stopping: () => void;
  readonly close: () => void;
}

export const stoppingText = "stopping: open requests may end (interrupt again to cut them off)";

/** What is found now and was not before, and the other way round; a finding that is gone has the place it was shown with. */
export interface LocatedChange {
  readonly added: readonly LocatedFinding[];
  readonly gone: readonly LocatedFinding[];
}

/** What showing needs of the outside world. */
export interface OutputContext {
  readonly clock: Clock;
  readonly environment: { readonly terminal: Terminal };
}

export interface OutputSettings {
  readonly json: boolean;
  readonly accessLog: "text" | "json" | "none";
}
