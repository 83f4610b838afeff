/** A program that ends with us, also when we are killed. */

import { spawn } from "node:child_process";
import { once } from "node:events";

export interface GuardedProgram extends AsyncDisposable {
  /** Its last lines. */
  readonly said: () => string;
  /** Its own number, not that of what guards it. */
  readonly pid: number;
}

const lastLines = 40;

/** The shell waits for our end of its input to close. */
const script = '"$@" & child=$!; echo "$child"; read _; kill -TERM "$child"; wait "$child"';

/** Starts a program; what it prints is kept, in short, and all of it told to whoever hears. */
export async function startGuarded(
  command: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>> = {},
  hear: (text: string) => void = () => undefined,
): Promise<GuardedProgram> {
  const shell = spawn("sh", ["-c", script, "guard", ...command], {
    env: { ...process.env, ...variables },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const first = Promise.withResolvers<number>();
  const lines: string[] = [];
  let rest = "";
  const listen = (chunk: string): void => {
    hear(chunk);
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    first.resolve(Number(lines[0]));
    lines.splice(0, lines.length - lastLines);
  };
  shell.stdout.setEncoding("utf8").on("data", listen);
  shell.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    hear(chunk);
    lines.push(chunk.trimEnd());
  });
  shell.on("error", first.reject);
  return {
    said: () => lines.join("\n"),
    pid: await first.promise,
    [Symbol.asyncDispose]: async () => {
      if (shell.exitCode !== null) return;
      const closed = once(shell, "close");
      shell.stdin.end();
      await closed;
    },
  };
}
