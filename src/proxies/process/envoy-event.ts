/** What happens to a supervised Envoy. */

import type { ExitStatus, ProcessIdentity } from "#runtime/processes/processes.ts";
import type { HotRestartFailure } from "./adoption/hot-restart.ts";
import type { Drained } from "./drain.ts";
import type { ExitReason } from "./exit-reason.ts";

export type EnvoyEvent =
  | { readonly kind: "started"; readonly identity: ProcessIdentity }
  /** The Envoy of an earlier run goes on as it is. */
  | { readonly kind: "adopted"; readonly identity: ProcessIdentity }
  /** The Envoy of an earlier run was started with other settings: it hands over to a new one. */
  | { readonly kind: "hot-restarting" }
  /** The new one did not come to serve; the old one goes on with the settings it has. */
  | { readonly kind: "hot-restart-failed"; readonly why: HotRestartFailure }
  /** The Envoy of an earlier run cannot hand over: it is drained and ended before a new one is started. */
  | { readonly kind: "replacing"; readonly why: string }
  /** The old one of a hot restart died before its time: another answers for it until the new one ends that. */
  | {
      readonly kind: "bereaved";
      readonly identity: ProcessIdentity;
      readonly standIn: ProcessIdentity;
    }
  /** The old one of a hot restart is gone. */
  | { readonly kind: "retired"; readonly identity: ProcessIdentity }
  /** Envoy serves what it was configured with; with xDS: it has its first clusters and listeners. */
  | { readonly kind: "ready"; readonly afterMs: number }
  /** It ended, or could not be started, without being told to. */
  | { readonly kind: "exited"; readonly why: ExitReason }
  | { readonly kind: "restarting"; readonly delay: Temporal.Duration }
  /** It is not started again: that could only end the same way. */
  | { readonly kind: "gave-up"; readonly why: ExitReason }
  | { readonly kind: "draining" }
  | ({ readonly kind: "drained" } & Drained)
  /** Told to stop, it is gone; with its exit status when one ran till then. The last event. */
  | { readonly kind: "stopped"; readonly status: ExitStatus | undefined };
