/**
 * The adapter as a program: beside each Envoy, from before the first question to after the last.
 *
 *   --node NAME --socket PATH --control-plane PATH                        a control plane on this machine
 *   --node NAME --socket PATH --control-plane HOST:PORT --identity DIR    over mutual TLS, by the files of a mounted Secret
 */

import path from "node:path";
import { parseArgs } from "node:util";
import type { DialAddress } from "#runtime/dialler.ts";
import type { Files } from "#runtime/files.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createDialler } from "#runtime/real-dialler.ts";
import { createEnvironment } from "#runtime/real-environment.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createHttpClients } from "#runtime/real-http-client.ts";
import { createHttp2Server } from "#runtime/real-http2-server.ts";
import { createLog } from "#runtime/real-log.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createWorkers } from "#runtime/real-workers.ts";
import { runAdapter } from "./adapter.ts";

const maxPemBytes = 1024 * 1024;

const environment = createEnvironment();
const files = createFiles();
const { values } = parseArgs({
  args: [...environment.arguments],
  options: {
    node: { type: "string", default: "" },
    socket: { type: "string", default: "" },
    "control-plane": { type: "string", default: "" },
    identity: { type: "string" },
  },
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
    controlPlane: () => controlPlane(files, values["control-plane"], values.identity),
  },
  stopping.signal,
);
environment.exit(0);

/** A path is a socket; with an identity it is the name and port of a Service. */
async function controlPlane(
  reader: Files,
  place: string,
  identity: string | undefined,
): Promise<DialAddress> {
  if (identity === undefined) return { kind: "unix", path: place };
  const pem = async (name: string): Promise<string> =>
    new TextDecoder().decode(await reader.read(path.join(identity, name), maxPemBytes));
  const [host = "", port = ""] = place.split(/:(?=\d+$)/);
  return {
    kind: "tls",
    host,
    port: Number(port),
    certificateChain: await pem("tls.crt"),
    privateKey: await pem("tls.key"),
    authorities: await pem("ca.crt"),
  };
}
