/** Starts the backends that measured proxies lead to. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../measure/waiting.ts";
import { startProgram } from "./program.ts";

export interface Answers extends AsyncDisposable {
  /** The ports that answer `a` and `b`. */
  readonly a: number;
  readonly b: number;
  /** A port that is asked without a proxy in between. */
  readonly echo: number;
}

const fixture = fileURLToPath(new URL("answers.fixture.ts", import.meta.url));

export async function startAnswers(directory: string): Promise<Answers> {
  const log = join(directory, "answers.log");
  const program = await startProgram({
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", fixture, directory],
    log,
    directory,
  });
  const ports = (): readonly number[] =>
    [...(/^listening on ([\d ]+)$/m.exec(program.lastWords())?.[1] ?? "").matchAll(/\d+/g)].map(
      ([port]) => Number(port),
    );
  await until(async () => ports().length === 3, {
    what: "the backends",
    longestMs: 10_000,
    everyMs: 20,
  });
  const [a = 0, b = 0, echo = 0] = ports();
  return { a, b, echo, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
