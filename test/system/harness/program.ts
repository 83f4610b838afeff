/** Starts `./sekisho` as a user would, from the root of the repository, and ends it again. */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "./real-envoy.ts";

export const repository = fileURLToPath(new URL("../../..", import.meta.url));

export interface StartedProgram {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Its data directory: by it other commands find it. */
  readonly data: string;
  /** What it prints is to be read by whoever started it. */
  readonly child: ChildProcessWithoutNullStreams;
  /** Asks it to end and does not wait. */
  readonly terminate: () => void;
  /** Ends it as a service manager would; resolves to its exit code. */
  readonly stop: () => Promise<number | null>;
  /** Kills it with signal 9; its data directory and what it started stay. */
  readonly kill: () => Promise<void>;
}

export interface ProgramOptions {
  /** Runs the command line that it is given in another way. */
  readonly through?: (commandLine: string) => readonly [string, ...string[]];
  /** One that was killed: its ports and data directory are used again. */
  readonly killed?: ProgramPlace;
}

/** Where a program is reached and keeps its state. */
export type ProgramPlace = Pick<StartedProgram, "httpPort" | "httpsPort" | "data">;

/** Starts `./sekisho …` with ports and a data directory of its own, or those of one that was killed. */
export async function startProgram(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<StartedProgram> {
  const { httpPort, httpsPort, data } = options.killed ?? (await freshPlace());
  const flags = ["--http", `${httpPort}`, "--https", `${httpsPort}`, "--data", data];
  const own = ["./sekisho", ...args, ...flags] as const;
  const [program, ...rest] = options.through?.(own.join(" ")) ?? own;
  const child = spawn(program, rest, { cwd: repository });
  const release = endWithUs(child.pid ?? 0, data);
  const terminate = (): void => void child.kill("SIGTERM");
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      terminate();
      await exited;
    }
    release();
    if (child.exitCode !== 0) await endWhatIsLeft(data);
    await rm(data, { recursive: true, force: true });
    return child.exitCode;
  };
  const kill = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    release();
  };
  return { httpPort, httpsPort, data, child, terminate, stop, kill };
}

/** Ports and a data directory that nobody uses. */
export async function freshPlace(): Promise<ProgramPlace> {
  const { http, https } = await freePorts("http", "https");
  const data = await mkdtemp(join(tmpdir(), "sekisho-test-"));
  return { httpPort: http, httpsPort: https, data };
}

/** Killed or crashed, it left its Envoy and pods: what nobody takes over has to be ended. */
async function endWhatIsLeft(data: string): Promise<void> {
  const down = spawn("./sekisho", ["down", "--data", data], { cwd: repository, stdio: "ignore" });
  await once(down, "exit");
}

/**
 * A test that is killed cannot clean up: this one ends the child when our end of its input closes. Known by its
 * directory: the number of a child that has ended may be another process by then.
 */
function endWithUs(pid: number, data: string): () => void {
  const script = 'read _; grep -q -- "$2" "/proc/$1/cmdline" && kill -TERM "$1"';
  const guard = spawn("sh", ["-c", script, "guard", `${pid}`, data], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  return () => void guard.kill("SIGKILL");
}
