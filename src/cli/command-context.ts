/** What every command is given: the outside world, and where our own files are. */

import path from "node:path";
import { contentHash } from "#base/content-hash.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Environment } from "#runtime/environment.ts";
import type { Files } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Http2Client } from "#runtime/http/http2-client.ts";
import type { Http2Server } from "#runtime/http/http2-server.ts";
import type { PageServer } from "#runtime/http/page-server.ts";
import type { SocketHttp } from "#runtime/http/socket-http.ts";
import type { Memory } from "#runtime/memory.ts";
import type { Dialler } from "#runtime/network/dialler.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { LocalSocket } from "#runtime/network/local-socket.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Network } from "#runtime/network/network.ts";
import type { PortProbe } from "#runtime/network/port-probe.ts";
import type { Platform } from "#runtime/platform.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { LogOptions } from "#runtime/telemetry/real-log.ts";

export interface CommandContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: Environment;
  readonly files: Files;
  readonly processes: Processes;
  readonly socket: LocalSocket;
  readonly http: SocketHttp;
  readonly clients: HttpClients;
  readonly http2: Http2Server;
  readonly dialler: Dialler;
  readonly workers: Workers;
  readonly http2Client: Http2Client;
  readonly pages: PageServer;
  readonly network: Network;
  readonly lookup: NameLookup;
  readonly dns: DnsTransport;
  readonly ports: PortProbe;
  readonly platform: Platform;
  readonly memory: Memory;
  /** Made by the commands that need one: most do not. */
  readonly createLog: (options: LogOptions) => Promise<Log>;
  readonly createMetrics: () => Promise<Metrics>;
}

/** A command was used wrongly, or cannot go on: shown to the person as it is. */
export class CommandError extends Error {
  /** 1: something is wrong with what was given; 2: the command was used wrongly. */
  readonly exitCode: 1 | 2;
  readonly advice: string;
  constructor(exitCode: 1 | 2, message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.advice = advice;
  }
}

/** Where a running gate answers calls, inside its data directory. */
export const socketName = "api.sock";

/** `$XDG_STATE_HOME/sekisho`, `~/.local/state/sekisho` (XDG Base Directory Specification). */
export function stateDirectory({ variables, home }: Environment): string {
  const state = variables["XDG_STATE_HOME"];
  return path.join(
    state !== undefined && path.isAbsolute(state) ? state : path.join(home, ".local", "state"),
    "sekisho",
  );
}

/** `$XDG_CACHE_HOME/sekisho`, `~/.cache/sekisho`. */
export function cacheDirectory({ variables, home }: Environment): string {
  const cache = variables["XDG_CACHE_HOME"];
  return path.join(
    cache !== undefined && path.isAbsolute(cache) ? cache : path.join(home, ".cache"),
    "sekisho",
  );
}

/** The data directory that belongs to the served directories, wherever they are named from. */
export async function dataDirectoryOf(
  context: CommandContext,
  served: readonly string[],
): Promise<string> {
  const real = await Promise.all(
    served.map((directory) =>
      context.files.realPath(path.resolve(context.environment.workingDirectory, directory)),
    ),
  );
  return path.join(stateDirectory(context.environment), contentHash(...real.sort()).slice(0, 12));
}
