/** The composition root: the real outside world, handed to the commands. */

import { runProgram } from "#cli/program.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createDialler } from "#runtime/real-dialler.ts";
import { createDnsTransport } from "#runtime/real-dns-transport.ts";
import { createEnvironment } from "#runtime/real-environment.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createHttpClients } from "#runtime/real-http-client.ts";
import { createHttp2Client } from "#runtime/real-http2-client.ts";
import { createHttp2Server } from "#runtime/real-http2-server.ts";
import { createLocalSocket } from "#runtime/real-local-socket.ts";
import { createLog } from "#runtime/real-log.ts";
import { createMetrics } from "#runtime/real-metrics.ts";
import { createNameLookup } from "#runtime/real-name-lookup.ts";
import { createNetwork } from "#runtime/real-network.ts";
import { createPageServer } from "#runtime/real-page-server.ts";
import { readPlatform } from "#runtime/real-platform.ts";
import { createPortProbe } from "#runtime/real-port-probe.ts";
import { createProcesses } from "#runtime/real-processes.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createSocketHttp } from "#runtime/real-socket-http.ts";
import { createWorkers } from "#runtime/real-workers.ts";

const environment = createEnvironment();

environment.exit(
  await runProgram({
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
    createLog,
    createMetrics,
  }),
);
