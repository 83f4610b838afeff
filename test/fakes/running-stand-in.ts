/** A stand-in image as a process of its own on a free port, for tests. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { StandIn } from "#workloads/images/stand-in.ts";

export interface RunningStandIn extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Starts it and waits until it listens; disposing it checks that SIGTERM ends it with exit code 0. */
export async function runStandIn(
  standIn: StandIn,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<RunningStandIn> {
  const child = spawn(process.execPath, [standIn.file, ...args], {
    env: { POD_IP: "127.0.0.1", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
  assert.ok(port, line);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = (await exited) as [number | null];
      assert.equal(code, 0, "the stand-in did not leave politely");
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One request over a connection of its own; redirects are not followed. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { connection: "close", ...init.headers };
  const response = await fetch(url, { redirect: "manual", ...init, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
