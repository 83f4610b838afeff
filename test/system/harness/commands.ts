/** Runs a command of the program inside the test's own process: all of it is real but the start and the terminal. */

import { join } from "node:path";
import { runProgram } from "#cli/program.ts";
import { createContext } from "#cli/real-context.ts";
import type { Environment } from "#runtime/environment.ts";
import { createEnvironment } from "#runtime/real-environment.ts";
import { createLog, type LogLevel } from "#runtime/telemetry/real-log.ts";
import { repository } from "./program.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandSurroundings {
  /** The least severe lines in logs. Default: those that the command chooses. */
  readonly logLevel?: LogLevel;
  /** What interrupts it. Default: nothing of the test. */
  readonly interrupted?: AbortSignal;
  /** Variables over those of the tests. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What a person answers to whatever is asked. Default: nobody is there. */
  readonly typed?: string;
}

/** Runs `sekisho …` to its end; what it prints is collected, as from something that is no terminal. */
export async function runCommand(
  args: readonly string[],
  surroundings: CommandSurroundings = {},
): Promise<Ended> {
  const printed = { out: "", err: "" };
  const real = createEnvironment();
  const environment: Environment = {
    ...real,
    arguments: args,
    variables: { ...real.variables, ...surroundings.variables },
    mainFile: join(repository, "src/main.ts"),
    onStopSignal: (stop, hurry) => {
      surroundings.interrupted?.addEventListener("abort", stop);
      return real.onStopSignal(stop, hurry);
    },
    terminal: {
      print: (text) => {
        printed.out += text;
      },
      warn: (text) => {
        printed.err += text;
      },
      ask: async (question) => {
        printed.err += question;
        return surroundings.typed;
      },
      isScreen: false,
      hasColours: false,
      columns: () => 80,
      rows: () => 24,
    },
  };
  const { logLevel } = surroundings;
  const code = await runProgram({
    ...createContext(environment),
    ...(logLevel === undefined
      ? {}
      : { createLog: (options) => createLog({ ...options, level: logLevel }) }),
  });
  return { code, ...printed };
}

/** The cells of a table, by title. */
export function table(text: string): readonly Readonly<Record<string, string>>[] {
  const [head = "", ...lines] = text.trimEnd().split("\n");
  const titles = head.split(/ {3,}/);
  return lines.map((line) => {
    const cells = line.split(/ {3,}/);
    return Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? ""]));
  });
}
