/** A program started for a measurement: its end is certain, whatever becomes of us. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleepFor } from "node:timers/promises";
import { processesNaming } from "../measure/process-cost.ts";

export interface ProgramSettings {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Takes its standard output and error. */
  readonly log: string;
  /** What it may have started in sessions of their own names this directory on its command line. */
  readonly directory: string;
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The end of its log, for errors. */
  readonly lastWords: () => string;
  /** Rejects when it ends without being told to. */
  readonly death: Promise<never>;
}

const longestGoodbyeMs = 15_000;
const lastWordsBytes = 2_000;

/**
 * Starts it as the head of a process group. Disposing it sends SIGTERM, then kills the group and all that names its
 * directory. A shell beside it does the same when our end of its input closes: then we were killed ourselves.
 */
export async function startProgram(settings: ProgramSettings): Promise<Program> {
  const log = openSync(settings.log, "a", 0o600);
  const child = spawn(settings.command, settings.args, {
    env: { ...process.env, ...settings.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${settings.command} has no process id`);
  const guard = startGuard(pid, settings.directory);
  const state = { isStopping: false };
  const lastWords = (): string => readFileSync(settings.log, "utf8").slice(-lastWordsBytes);
  const death = once(child, "exit").then(async () => {
    if (state.isStopping) return await new Promise<never>(() => undefined);
    throw new Error(`${settings.command} ended by itself:\n${lastWords()}`);
  });
  death.catch(() => undefined);
  return {
    pid,
    lastWords,
    death,
    [Symbol.asyncDispose]: async () => {
      state.isStopping = true;
      await end(child, pid);
      for (const left of processesNaming(settings.directory)) {
        if (left !== process.pid && left !== guard.pid) kill(left, "SIGKILL");
      }
      guard.kill("SIGKILL");
    },
  };
}

async function end(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    kill(pid, "SIGTERM");
    // The clock keeps nobody waiting who is done.
    await Promise.race([exited, sleepFor(longestGoodbyeMs, undefined, { ref: false })]);
  }
  kill(-pid, "SIGKILL");
}

/** The first word of the script's arguments is not the directory, so it does not kill itself. */
function startGuard(pid: number, directory: string): ChildProcess {
  const script = [
    "read _",
    `kill -9 -- -${pid}`,
    `for file in /proc/[0-9]*/cmdline; do`,
    `  other=\${file#/proc/}; other=\${other%/cmdline}`,
    `  if [ "$other" != $$ ] && grep -qsF -- "$1" "$file"; then kill -9 "$other"; fi`,
    "done",
  ].join("\n");
  return spawn("sh", ["-c", script, "guard", directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone, which is what was wanted.
  }
}
