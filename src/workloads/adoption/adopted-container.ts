/** A container as an earlier run left it. */

import type { Child } from "#runtime/processes/processes.ts";
import type { ContainerState } from "../containers/container-state.ts";

export type AdoptedContainer =
  | {
      readonly kind: "running";
      readonly child: Child;
      readonly startedAt: Temporal.Instant;
      readonly restarts: number;
      /** As the pod's status said last: probes go on from there. */
      readonly ready: boolean;
      readonly started: boolean;
      readonly lastState: ContainerState | undefined;
    }
  /** An init container that has done its work. */
  | { readonly kind: "done"; readonly state: ContainerState; readonly restarts: number };
