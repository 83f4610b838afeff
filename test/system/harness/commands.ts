/** Runs a command of the program inside the test's own process: all of it is real but the start and the terminal. */

import { join } from "node:path";
import type { CommandContext } from "#cli/command-context.ts";
import { runProgram } from "#cli/program.ts";
import type { Environment } from "#runtime/environment.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createHttp2Client } from "#runtime/http/real-http2-client.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createPageServer } from "#runtime/http/real-page-server.ts";
import { createSocketHttp } from "#runtime/http/real-socket-http.ts";
import { createDialler } from "#runtime/network/real-dialler.ts";
import { createDnsTransport } from "#runtime/network/real-dns-transport.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createNetwork } from "#runtime/network/real-network.ts";
import { createPortProbe } from "#runtime/network/real-port-probe.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createWorkers } from "#runtime/processes/real-workers.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createEnvironment } from "#runtime/real-environment.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createMemory } from "#runtime/real-memory.ts";
import { readPlatform } from "#runtime/real-platform.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createLog, type LogLevel } from "#runtime/telemetry/real-log.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
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
    ...contextIn(environment),
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

function contextIn(environment: Environment): CommandContext {
  return {
    clock: createClock(),
    random: createRandom(),
    environment,
    files: createFiles(),
    processes: createProcesses(),
    socket: createLocalSocket(),
    http: createSocketHttp(),
    clients: createHttpClients(),
    http2: createHttp2Server(),
    dialler: createDialler(),
    workers: createWorkers(),
    http2Client: createHttp2Client(),
    pages: createPageServer(),
    network: createNetwork(),
    lookup: createNameLookup(),
    dns: createDnsTransport(),
    ports: createPortProbe(),
    platform: readPlatform(),
    memory: createMemory(),
    createLog,
    createMetrics,
  };
}
