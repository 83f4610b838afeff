/** The adapter of a standalone gate as a program: `--node NAME --socket PATH --control-plane PATH`. */

import { parseArgs } from "node:util";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createDialler } from "#runtime/network/real-dialler.ts";
import { createWorkers } from "#runtime/processes/real-workers.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createEnvironment } from "#runtime/real-environment.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createLog } from "#runtime/telemetry/real-log.ts";
import { runAdapter } from "./adapter.ts";
import { findControlPlane } from "./control-plane.ts";

const environment = createEnvironment();
const files = createFiles();
const option = { type: "string", default: "" } as const;
const { values } = parseArgs({
  args: [...environment.arguments],
  options: { node: option, socket: option, "control-plane": option },
});
const stopping = new AbortController();
environment.onStopSignal(
  () => stopping.abort(),
  () => environment.exit(1),
);
await runAdapter(
  {
    clock: createClock(),
    random: createRandom(),
    http2: createHttp2Server(),
    clients: createHttpClients(),
    dialler: createDialler(),
    workers: createWorkers(),
    log: await createLog({ level: "info" }),
  },
  {
    node: values.node,
    socket: values.socket,
    controlPlane: () => findControlPlane(files, values["control-plane"], undefined),
  },
  stopping.signal,
);
environment.exit(0);
