/** Starts the backends that measured proxies lead to, on this machine or in a lab. */

import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Lab } from "#test/lab/lab.ts";
import { until } from "../measure/waiting.ts";
import { startProgram } from "./program.ts";

export interface AnswerPorts {
  /** The ports that answer `a` and `b`. */
  readonly a: number;
  readonly b: number;
  /** A port that is asked without a proxy in between. */
  readonly echo: number;
}

export interface Answers extends AnswerPorts, AsyncDisposable {}

const fixture = fileURLToPath(new URL("answers.fixture.ts", import.meta.url));

export async function startAnswers(directory: string): Promise<Answers> {
  const log = join(directory, "answers.log");
  const program = await startProgram({
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", fixture, directory],
    log,
    directory,
  });
  const ports = (): readonly number[] => portsIn(program.lastWords());
  await until(async () => ports().length === 3, {
    what: "the backends",
    longestMs: 10_000,
    everyMs: 20,
  });
  const [a = 0, b = 0, echo = 0] = ports();
  return { a, b, echo, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** The same on an address inside; they end with the lab. */
export async function startAnswersInside(lab: Lab, address: string): Promise<AnswerPorts> {
  const flag = "--disable-warning=ExperimentalWarning";
  const child = lab.enter([process.execPath, flag, fixture, lab.directory, address], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("the backends have no output");
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(() => ["they ended"]),
  ])) as [string];
  const [a, b, echo] = portsIn(line);
  if (a === undefined || b === undefined || echo === undefined)
    throw new Error(`the backends do not listen: ${line}`);
  return { a, b, echo };
}

function portsIn(text: string): readonly number[] {
  const ports = /^listening on ([\d ]+)$/m.exec(text)?.[1] ?? "";
  return [...ports.matchAll(/\d+/g)].map(([port]) => Number(port));
}
