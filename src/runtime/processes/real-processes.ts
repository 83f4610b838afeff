/** Programs of this machine: started with Node, identified through Linux's /proc. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { createClock } from "../real-clock.ts";
import { adoptChild } from "./adopted-child.ts";
import type { Child, Command, ExitStatus, Processes, ProcessIdentity } from "./processes.ts";
import { ProcessError } from "./processes.ts";

const maxCollectedBytes = 1024 * 1024;

/**
 * The {@link Processes} of this machine. A started child keeps our event loop alive until it
 * exits; with a session of its own it outlives us when we end by `process.exit` or are killed.
 */
export function createProcesses(): Processes {
  return { start, run, alive, signal };
}

async function start(command: Command): Promise<Child> {
  if (command.orphan === true) return await startOrphan(command);
  const output = openOutput(command.output.file);
  try {
    const child = spawn(command.command, command.args, {
      env: command.env,
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      stdio: ["ignore", output, output],
      detached: command.ownSession,
    });
    const exited = exitOf(child);
    // Read before the event loop turns: Node cannot have reaped the child yet, so /proc knows it.
    const identity = child.pid === undefined ? undefined : identityNow(child.pid);
    await spawned(child, command);
    if (identity === undefined) {
      child.kill("SIGKILL");
      throw new ProcessError("other", "cannot read /proc: running other programs needs Linux");
    }
    return { identity, exited };
  } finally {
    closeSync(output);
  }
}

/** Waits in a subshell until its parent is gone, then becomes the program: `FILE COMMAND ARGUMENT…`. */
const orphanScript = `
file=$1 parent=$$; shift
( while kill -0 "$parent" 2>&-; do sleep 0.005; done; exec "$@" ) >>"$file" 2>&1 </dev/null &
echo $!
`;

async function startOrphan(command: Command): Promise<Child> {
  try {
    await access(command.command, constants.X_OK);
  } catch (cause) {
    throw failure(`cannot run ${command.command}`, cause);
  }
  closeSync(openOutput(command.output.file));
  const given = [command.output.file, command.command, ...command.args];
  const { env, cwd } = command;
  const started = await run({
    command: "/bin/sh",
    args: ["-c", orphanScript, "sh", ...given],
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const pid = Number(started.stdout.trim() || Number.NaN);
  const identity = Number.isNaN(pid) ? undefined : identityNow(pid);
  if (identity === undefined) {
    throw new ProcessError("other", `cannot run ${command.command}: ${started.stderr.trim()}`);
  }
  return adoptChild({ clock: createClock(), processes: { alive } }, identity);
}

async function run(
  command: Omit<Command, "output" | "ownSession">,
  signal?: AbortSignal,
): Promise<ExitStatus & { readonly stdout: string; readonly stderr: string }> {
  signal?.throwIfAborted();
  const child = spawn(command.command, command.args, {
    env: command.env,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const closed = new Promise<ExitStatus>((resolve) => {
    child.once("close", (code, name) => resolve(exitStatus(code, name)));
  });
  await spawned(child, command);
  const kill = (): void => {
    if (child.pid !== undefined) send(-child.pid, "SIGKILL");
  };
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted === true) kill();
  try {
    const status = await closed;
    signal?.throwIfAborted();
    return { ...status, stdout: stdout(), stderr: stderr() };
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

async function alive(identity: ProcessIdentity): Promise<boolean> {
  return isSame(identity, statNow(identity.pid));
}

async function signal(
  identity: ProcessIdentity,
  name: "SIGTERM" | "SIGKILL" | "SIGINT",
  whom: "process" | "group",
): Promise<boolean> {
  const now = statNow(identity.pid);
  if (!isSame(identity, now)) return false;
  // A child without a group of its own is in ours: never signal that.
  const leads = now?.processGroup === identity.pid;
  return send(whom === "group" && leads ? -identity.pid : identity.pid, name);
}

function send(target: number, name: "SIGTERM" | "SIGKILL" | "SIGINT"): boolean {
  try {
    process.kill(target, name);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "ESRCH") return false;
    throw failure(`cannot send ${name} to process ${target}`, cause);
  }
}

function openOutput(file: string): number {
  try {
    return openSync(file, "a", 0o600);
  } catch (cause) {
    throw failure(`cannot write ${file}`, cause);
  }
}

/** Settles once the program runs or could not be started. */
function spawned(child: ChildProcess, command: Pick<Command, "command" | "cwd">): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => {
      reject(failure(`cannot run ${command.command}`, cause));
    });
  });
}

function exitOf(child: ChildProcess): Promise<ExitStatus> {
  return new Promise((resolve) => {
    child.once("exit", (code, name) => resolve(exitStatus(code, name)));
  });
}

function exitStatus(code: number | null, name: string | null): ExitStatus {
  return { code: code ?? undefined, signal: name ?? undefined };
}

/** Collects the first mebibyte; the rest is read and dropped, so that the child never blocks. */
function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    const room = maxCollectedBytes - bytes;
    if (room <= 0) return;
    chunks.push(chunk.subarray(0, room));
    bytes += Math.min(chunk.length, room);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

interface ProcessStat {
  readonly state: string;
  readonly processGroup: number;
  readonly startTicks: string;
}

function identityNow(pid: number): ProcessIdentity | undefined {
  const stat = statNow(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks };
}

/** At once: it is in memory, and asked for several times a second, for which other threads would take 64 KiB each time. */
function statNow(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (cause) {
    if (isGone(cause)) return undefined;
    throw cause;
  }
}

/** proc_pid_stat(5): the name in parentheses may hold anything, so fields count from the last `)`. */
function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, processGroup, startTicks] = [fields[0], fields[2], fields[19]];
  if (state === undefined || processGroup === undefined || startTicks === undefined) {
    return undefined;
  }
  return { state, processGroup: Number(processGroup), startTicks };
}

function isSame(identity: ProcessIdentity, now: ProcessStat | undefined): boolean {
  if (now === undefined || now.startTicks !== identity.startTicks) return false;
  return now.state !== "Z" && now.state !== "X";
}

function isGone(cause: unknown): boolean {
  const code = systemCode(cause);
  return code === "ENOENT" || code === "ESRCH";
}

function failure(what: string, cause: unknown): ProcessError {
  const system = systemCode(cause);
  const denied = system === "EACCES" || system === "EPERM";
  const code = system === "ENOENT" ? "not-found" : denied ? "denied" : "other";
  return new ProcessError(code, `${what} (${system})`, { cause });
}

function systemCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}
