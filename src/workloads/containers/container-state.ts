/** What a container does, as its status says it. */

import type { ExitStatus } from "#runtime/processes/processes.ts";

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly startedAt: Temporal.Instant; readonly pid: number }
  | {
      readonly kind: "terminated";
      readonly startedAt: Temporal.Instant;
      readonly finishedAt: Temporal.Instant;
      readonly exitCode: number;
      readonly reason: string;
    };

/** How a program ended: the exit code a shell would show, 128 and the signal's number when it was killed. */
export function endOf(status: ExitStatus): { readonly exitCode: number; readonly reason: string } {
  if (status.code !== undefined) {
    return { exitCode: status.code, reason: status.code === 0 ? "Completed" : "Error" };
  }
  // As the kubelet reports a container whose end nobody saw: it was not our child.
  if (status.signal === undefined) return { exitCode: 137, reason: "ContainerStatusUnknown" };
  const numbers: Readonly<Record<string, number>> = {
    SIGTERM: 15,
    SIGINT: 2,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGABRT: 6,
  };
  return { exitCode: 128 + (numbers[status.signal] ?? 1), reason: "Error" };
}
