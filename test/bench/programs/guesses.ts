/** Starts who guesses passwords, and says how that was answered. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GuessPlan } from "../plan.ts";
import { startProgram } from "./program.ts";

/** `nothing`: as many requests, without a password. */
export type Attempts = "guess" | "nothing";

export interface Guessed {
  readonly port: number;
  readonly host: string;
  readonly path: string;
}

export interface Guesses {
  /** Ends it; how often it was answered how. */
  readonly stop: () => Promise<Readonly<Record<string, number>>>;
}

const fixture = fileURLToPath(new URL("guesses.fixture.ts", import.meta.url));

export async function startGuesses(
  directory: string,
  { port, host, path }: Guessed,
  { perSecond, addresses }: GuessPlan,
  attempts: Attempts,
): Promise<Guesses> {
  const args = [port, host, path, perSecond, addresses, attempts].map(String);
  const program = await startProgram({
    // It yields: a guesser has a machine of his own.
    command: "nice",
    args: ["-n", "10", process.execPath, "--disable-warning=ExperimentalWarning", fixture, ...args],
    log: join(directory, "guesses.log"),
    directory,
  });
  return {
    stop: async () => {
      await program[Symbol.asyncDispose]();
      const [said] = [...program.lastWords().matchAll(/^answers (.+)$/gm)].slice(-1);
      return JSON.parse(said?.[1] ?? "{}") as Readonly<Record<string, number>>;
    },
  };
}
