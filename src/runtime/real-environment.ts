/** The environment of this process. */

import { homedir } from "node:os";
import type { Environment } from "./environment.ts";

/** An {@link Environment} read from `process`. */
export function createEnvironment(): Environment {
  const { stdout } = process;
  return {
    arguments: process.argv.slice(2),
    variables: process.env,
    home: homedir(),
    workingDirectory: process.cwd(),
    processId: process.pid,
    userId: process.geteuid?.(),
    nodeBinary: process.execPath,
    terminal: {
      print: (text) => void stdout.write(text),
      warn: (text) => void process.stderr.write(text),
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

function onStopSignal(stop: () => void, hurry: () => void): () => void {
  let stopping = false;
  const receive = (): void => {
    if (stopping) hurry();
    else {
      stopping = true;
      stop();
    }
  };
  process.on("SIGINT", receive);
  process.on("SIGTERM", receive);
  return () => {
    process.off("SIGINT", receive);
    process.off("SIGTERM", receive);
  };
}
