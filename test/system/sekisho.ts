/** Runs `./sekisho` as a user would: from the root of the repository, until it says that it is ready. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

export interface RunningSekisho {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Ends it as a service manager would; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `./sekisho up …` with ports and a data directory of its own; rejects when it ends before it is ready. */
export async function startSekisho(up: readonly string[]): Promise<RunningSekisho> {
  const [httpPort, httpsPort] = await freePorts();
  const data = await mkdtemp(join(tmpdir(), "sekisho-test-"));
  const ports = ["--http", `${httpPort}`, "--https", `${httpsPort}`];
  const child = spawn("./sekisho", [...up, ...ports, "--data", data, "--json"], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    }
    await rm(data, { recursive: true, force: true });
    return child.exitCode;
  };
  try {
    await untilReady(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { httpPort, httpsPort, stop };
}

/** Reads events, one JSON object a line, until one is `ready`; goes on reading so that the pipe never fills. */
async function untilReady(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const { stdout } = child;
  if (stdout === null) throw new Error("no standard output to read events from");
  const ready = new Promise<void>((resolve) => {
    createInterface(stdout).on("line", (line) => {
      said.push(`${line}\n`);
      if ((JSON.parse(line) as { readonly event?: string }).event === "ready") resolve();
    });
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`sekisho ended with ${code} before it was ready:\n${said.join("")}`);
  });
  // When it is ready, its end is the caller's affair.
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
}

/** Two ports that nobody listens on. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = servers.map(async (server) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  const [first = 0, second = 0] = await Promise.all(ports);
  await Promise.all(servers.map(async (server) => once(server.close(), "close")));
  return [first, second];
}
