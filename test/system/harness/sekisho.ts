/** `./sekisho up` followed by the events that it prints. */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { type ProgramPlace, type StartedProgram, startProgram } from "./program.ts";

/** A line that `up --json` printed. */
export interface UpEvent {
  readonly event: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

export interface RunningSekisho extends StartedProgram {
  /** All events so far. */
  readonly events: readonly UpEvent[];
  /** The first event that fits, from position `from` on; waits for it. Rejects when the program ends before. */
  readonly next: (fits: (event: UpEvent) => boolean, from?: number) => Promise<UpEvent>;
}

/**
 * Starts `./sekisho up …` with ports and a data directory of its own, or those of one that was `killed`; rejects when
 * it ends before it is ready.
 */
export async function startSekisho(
  up: readonly string[],
  killed?: ProgramPlace,
): Promise<RunningSekisho> {
  const program = await startProgram([...up, "--json"], killed === undefined ? {} : { killed });
  const followed = followEvents(program.child);
  try {
    await followed.next(({ event }) => event === "ready");
  } catch (error) {
    await program.stop();
    throw error;
  }
  return { ...program, ...followed };
}

/** Reads events, one JSON object a line, to the end, so that the pipe never fills. */
function followEvents({
  stdout,
  stderr,
}: ChildProcessWithoutNullStreams): Pick<RunningSekisho, "events" | "next"> {
  const said: string[] = [];
  stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const events: UpEvent[] = [];
  const over = { is: false };
  let turn = Promise.withResolvers<void>();
  const wake = (): void => {
    turn.resolve();
    turn = Promise.withResolvers();
  };
  let rest = "";
  stdout.setEncoding("utf8").on("data", (chunk: string) => {
    // A line without an end is what a killed program did not come to say.
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) events.push(JSON.parse(line) as UpEvent);
    wake();
  });
  stdout.on("close", () => {
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
