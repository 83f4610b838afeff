/** The real outside world, as commands are handed it. */

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
import { createFiles } from "#runtime/real-files.ts";
import { createMemory } from "#runtime/real-memory.ts";
import { readPlatform } from "#runtime/real-platform.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createLog } from "#runtime/telemetry/real-log.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { CommandContext } from "./command-context.ts";

/** All of it but what belongs to one start of the program: its arguments, variables and terminal. */
export function createContext(environment: Environment): CommandContext {
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
