/** Which processes of this machine are whose, from /proc: read through the injected files. */

import type { Files } from "../files.ts";
import { FilesError } from "../files.ts";
import type { ProcessIdentity } from "./processes.ts";

/** A file of /proc; undefined when the process is gone or not ours to see. */
async function readProc(files: Files, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(path, 1024 * 1024)).toString("utf8");
  } catch (cause) {
    // Processes end while they are looked at, and other users' are closed to us: neither is ours.
    if (cause instanceof FilesError) return undefined;
    throw cause;
  }
}

/** The identity of a running process; undefined when there is none of that number. */
export async function identityOf(files: Files, pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const stat = await readProc(files, `/proc/${pid}/stat`);
  // proc_pid_stat(5): the name in parentheses may hold anything, so fields count from the last ")".
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const startTicks = rest[18];
  return startTicks === undefined || state === "Z" ? undefined : { pid, startTicks };
}

/** All processes whose environment holds `NAME=value` and none of `except`: how those that we started are known, whatever became of their parents. */
export async function processesWith(
  files: Files,
  variable: string,
  except: readonly string[] = [],
): Promise<readonly ProcessIdentity[]> {
  const entries = await files.list("/proc");
  const pids = entries.map(({ name }) => name).filter((name) => /^\d+$/.test(name));
  const found: ProcessIdentity[] = [];
  for (const pid of pids) {
    const environment = (await readProc(files, `/proc/${pid}/environ`))?.split("\0") ?? [];
    if (!environment.includes(variable)) continue;
    if (except.some((entry) => environment.includes(entry))) continue;
    const identity = await identityOf(files, Number(pid));
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

/** Clock ticks a second in what /proc says: Linux has it so on every processor. */
const ticksPerSecond = 100;

/** How long a process has been running; undefined when nobody knows. */
export async function ageOf(
  files: Files,
  { startTicks }: ProcessIdentity,
): Promise<Temporal.Duration | undefined> {
  const upSeconds = Number.parseFloat((await readProc(files, "/proc/uptime")) ?? "");
  const startSeconds = Number(startTicks) / ticksPerSecond;
  if (Number.isNaN(upSeconds) || Number.isNaN(startSeconds)) return undefined;
  const milliseconds = Math.max(0, Math.round((upSeconds - startSeconds) * 1000));
  return Temporal.Duration.from({ milliseconds });
}

/** What a running process was started with, its program first; empty when it is gone. */
export async function argumentsOf(files: Files, pid: number): Promise<readonly string[]> {
  return (await readProc(files, `/proc/${pid}/cmdline`))?.split("\0") ?? [];
}

/** The number of this process. */
export async function ownPid(files: Files): Promise<number> {
  return Number((await files.realPath("/proc/self")).slice("/proc/".length));
}

/** The effective user id of this process. */
export async function ownUserId(files: Files): Promise<number> {
  const status = (await readProc(files, "/proc/self/status")) ?? "";
  return Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

/** Changes with every start of the machine: process numbers and start times mean nothing beyond it. */
export async function bootId(files: Files): Promise<string> {
  return (await readProc(files, "/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
}
