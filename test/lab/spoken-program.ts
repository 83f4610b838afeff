/** A program of this machine that tells by its output how far it is. */

import { once } from "node:events";
import { startGuarded } from "#test/pebble/guarded-program.ts";

export interface SpokenProgram extends AsyncDisposable {
  /** Resolves once its output, from the beginning, holds the text; rejects with its last words after a minute. */
  readonly says: (text: string) => Promise<void>;
  /** Asks it to end, and waits for that. */
  readonly stop: () => Promise<void>;
}

const longestMs = 60_000;

/** Starts it. */
export async function startSpoken(command: readonly [string, ...string[]]): Promise<SpokenProgram> {
  const heard = new EventTarget();
  let all = "";
  const program = await startGuarded(command, {}, (text) => {
    all += text;
    heard.dispatchEvent(new Event("heard"));
  });
  const says: SpokenProgram["says"] = async (text) => {
    const late = AbortSignal.timeout(longestMs);
    try {
      while (!all.includes(text)) await once(heard, "heard", { signal: late });
    } catch (error) {
      throw new Error(`it did not say ${text}: ${program.said()}`, { cause: error });
    }
  };
  const stop = async (): Promise<void> => await program[Symbol.asyncDispose]();
  return { says, stop, [Symbol.asyncDispose]: stop };
}
