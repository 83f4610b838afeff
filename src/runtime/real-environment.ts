/** The environment of this process. */

import { homedir } from "node:os";
import { createInterface } from "node:readline/promises";
import type { Environment } from "./environment.ts";

const goOn = (): void => undefined;

/** An {@link Environment} read from `process`. */
export function createEnvironment(): Environment {
  const { stdout } = process;
  // Whoever read us may have gone (`| head`, a closed terminal): the work goes on, said to nobody.
  for (const stream of [stdout, process.stderr]) {
    if (!stream.listeners("error").includes(goOn)) stream.on("error", goOn);
  }
  return {
    arguments: process.argv.slice(2),
    variables: process.env,
    home: homedir(),
    workingDirectory: process.cwd(),
    processId: process.pid,
    userId: process.geteuid?.(),
    nodeBinary: process.execPath,
    mainFile: process.argv[1] ?? "",
    terminal: {
      print: (text) => void stdout.write(text),
      warn: (text) => void process.stderr.write(text),
      ask,
      isScreen: stdout.isTTY === true && process.env["TERM"] !== "dumb",
      hasColours: stdout.isTTY === true && stdout.hasColors(),
      // A pseudo terminal that nobody has told its size has none.
      columns: () => (stdout.columns > 0 ? stdout.columns : 80),
      rows: () => (stdout.rows > 0 ? stdout.rows : 24),
    },
    exit: (code) => {
      process.exitCode = code;
      // Standard output may be a pipe that is written later: the process ends behind the last byte.
      stdout.write("", () => process.exit(code));
    },
    onStopSignal,
  };
}

async function ask(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  const lines = createInterface({ input: stdin, output: stderr });
  // Whoever closes the terminal, or ends what is typed, has answered nothing.
  const closed = new AbortController();
  lines.once("close", () => closed.abort());
  try {
    return await lines.question(question, { signal: closed.signal });
  } catch {
    // The line was ended without an answer: nobody has said yes.
    return undefined;
  } finally {
    lines.close();
  }
}

function onStopSignal(stop: () => void, hurry: () => void): () => void {
  let stopping = false;
  const receive = (): void => {
    if (stopping) hurry();
    else {
      stopping = true;
      stop();
    }
  };
  const signals = stopSignals();
  for (const signal of signals) process.on(signal, receive);
  return () => {
    for (const signal of signals) process.off(signal, receive);
  };
}

/** A terminal that is closed hangs up. Without one SIGHUP is left as it is: `nohup` has it ignored. */
function stopSignals(): readonly NodeJS.Signals[] {
  const streams = [process.stdin, process.stdout, process.stderr];
  const hasTerminal = streams.some(({ isTTY }) => isTTY);
  return hasTerminal ? ["SIGINT", "SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM"];
}
