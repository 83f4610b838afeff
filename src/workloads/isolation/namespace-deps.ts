/** What making namespaces needs from outside. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Network } from "#runtime/network/network.ts";
import type { Processes } from "#runtime/processes/processes.ts";

export interface NamespaceDeps {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly network: Network;
  readonly files: Files;
}
