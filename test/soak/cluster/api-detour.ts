/** The way between the control plane and the API server of a lab, made to fail. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Lab } from "#test/lab/lab.ts";

export interface ApiDetour extends AsyncDisposable {
  /** Where it listens, inside. */
  readonly host: string;
  readonly port: number;
  /** `freeze`: open connections are dead from now on, and stay open; `leave`: there is no way until `return`. */
  readonly order: (order: "freeze" | "leave" | "return") => Promise<void>;
}

/** The node, for which the API server's certificate holds, and where the API server listens. */
const host = "10.244.0.1";
const apiPort = 16_443;
const port = 16_444;

/** Opens it; nobody goes that way yet. */
export async function openDetour(lab: Lab): Promise<ApiDetour> {
  const program = join(import.meta.dirname, "api-detour.fixture.ts");
  const places = [`${host}:${port}`, `${host}:${apiPort}`];
  const child = lab.enter([process.execPath, program, ...places], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { stdin, stdout } = child;
  assert.ok(stdin !== null && stdout !== null);
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<void> => {
    if ((await lines.next()).done === true) throw new Error("the detour has ended");
  };
  await answer();
  return {
    host,
    port,
    order: async (order) => {
      stdin.write(`${order}\n`);
      await answer();
    },
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, "exit");
      stdin.end();
      await exited;
    },
  };
}
