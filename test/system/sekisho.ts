/** Runs `./sekisho up` as a user would, from the root of the repository, and follows the events that it prints. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts } from "./real-envoy.ts";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** A line that `up --json` printed. */
export interface UpEvent {
  readonly event: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

export interface RunningSekisho {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Its data directory: by it other commands find it. */
  readonly data: string;
  /** All events so far. */
  readonly events: readonly UpEvent[];
  /** The first event that fits, from position `from` on; waits for it. Rejects when the program ends before. */
  readonly next: (fits: (event: UpEvent) => boolean, from?: number) => Promise<UpEvent>;
  /** Asks it to end and does not wait. */
  readonly terminate: () => void;
  /** Ends it as a service manager would; resolves to its exit code. */
  readonly stop: () => Promise<number | null>;
  /** Kills it with signal 9; its data directory and what it started stay. */
  readonly kill: () => Promise<void>;
}

/**
 * Starts `./sekisho up …` with ports and a data directory of its own, or those of one that was `killed`; rejects when
 * it ends before it is ready.
 */
export async function startSekisho(
  up: readonly string[],
  killed?: RunningSekisho,
): Promise<RunningSekisho> {
  const ports =
    killed === undefined
      ? await freePorts("http", "https")
      : { http: killed.httpPort, https: killed.httpsPort };
  const data = killed?.data ?? (await mkdtemp(join(tmpdir(), "sekisho-test-")));
  const flags = ["--http", `${ports.http}`, "--https", `${ports.https}`, "--data", data, "--json"];
  const child = spawn("./sekisho", [...up, ...flags], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const release = endWithUs(child);
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    }
    release();
    await rm(data, { recursive: true, force: true });
    return child.exitCode;
  };
  const kill = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    release();
  };
  const { events, next } = followEvents(child);
  try {
    await next(({ event }) => event === "ready");
  } catch (error) {
    await stop();
    throw error;
  }
  const terminate = (): void => void child.kill("SIGTERM");
  const { http: httpPort, https: httpsPort } = ports;
  return { httpPort, httpsPort, data, events, next, terminate, stop, kill };
}

/** Reads events, one JSON object a line, to the end, so that the pipe never fills. */
function followEvents(child: ChildProcess): Pick<RunningSekisho, "events" | "next"> {
  const { stdout, stderr } = child;
  if (stdout === null) throw new Error("no standard output to read events from");
  const said: string[] = [];
  stderr?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const events: UpEvent[] = [];
  const over = { is: false };
  let turn = Promise.withResolvers<void>();
  const wake = (): void => {
    turn.resolve();
    turn = Promise.withResolvers();
  };
  const lines = createInterface(stdout);
  lines.on("line", (line) => {
    events.push(JSON.parse(line) as UpEvent);
    wake();
  });
  lines.on("close", () => {
    over.is = true;
    wake();
  });
  const next: RunningSekisho["next"] = async (fits, from = 0) => {
    for (let index = from; ; index += 1) {
      while (events.length <= index && !over.is) await turn.promise;
      const event = events[index];
      if (event === undefined) {
        const last = events.slice(-20).map((one) => JSON.stringify(one).slice(0, 300));
        throw new Error(
          `sekisho ended before an expected event:\n${[...last, ...said].join("\n")}`,
        );
      }
      if (fits(event)) return event;
    }
  };
  return { events, next };
}

/** A test that is killed cannot clean up: this one ends the child when our end of its input closes. */
function endWithUs(child: ChildProcess): () => void {
  const guard = spawn("sh", ["-c", `read _; kill -TERM ${child.pid}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  return () => void guard.kill("SIGKILL");
}
