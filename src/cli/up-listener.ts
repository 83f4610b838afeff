/** What a run of `up` tells whoever shows it. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import type { Place } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { Applied } from "#gate/feed.ts";
import type { GateStatus } from "#gate/gate-status.ts";

export interface UpOutput {
  /** A step before the gate serves. */
  readonly progress: (message: string) => void;
  readonly ready: (status: GateStatus) => void;
  readonly applied: (applied: Applied) => void;
  /** All findings now; what is new is said. */
  readonly findings: (findings: readonly LocatedFinding[]) => void;
  readonly access: (record: AccessRecord, place: Place | undefined) => void;
  /** Something about Envoy or the pods that a person should know. */
  readonly notice: (message: string) => void;
  /** Whether a status is wanted from time to time. */
  readonly showsStatus: boolean;
  readonly status: (status: GateStatus) => void;
  readonly close: () => void;
}

export interface OutputSettings {
  readonly json: boolean;
  readonly accessLog: "text" | "json" | "none";
}
