/** A real Envoy served by our xDS server, for tests: started with resources, stopped and cleaned up on disposal. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAdapter } from "#authorization/adapter.ts";
import type { Resource } from "#envoy/resource.ts";
import { type BootstrapSettings, buildBootstrap } from "#proxies/bootstrap.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createDialler } from "#runtime/network/real-dialler.ts";
import { createWorkers } from "#runtime/processes/real-workers.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import type { ResolveSecret } from "#xds/on-demand-secrets.ts";
import type { XdsServer } from "#xds/xds-server.ts";
import { createXdsServer } from "#xds/xds-server.ts";
import { envoyProgram } from "./envoy-program.ts";

export interface RealEnvoy extends AsyncDisposable {
  readonly xds: XdsServer;
  /** What the proxy refused of the first resources: Envoy's own texts. */
  readonly refused: readonly string[];
  /** Makes a change known and waits until Envoy has answered; returns what it refused. */
  readonly change: (
    set: readonly Resource[],
    removed?: readonly Pick<Resource, "type" | "name">[],
  ) => Promise<readonly string[]>;
  /** Body of a GET to the administration interface. */
  readonly admin: (path: string) => Promise<string>;
}

export interface EnvoySettings extends Partial<BootstrapSettings> {
  /** Whether the authorization adapter runs beside it; without it what is protected is closed. Default: when there are policies from the start. */
  readonly adapter?: boolean;
  /** How the first resources are made known. Default: all at once. */
  readonly publish?: (xds: XdsServer) => Promise<void>;
}

/** Serves `resources` to an Envoy and waits until it has answered for all of them. */
export async function startEnvoy(
  resources: readonly Resource[],
  resolveSecret: ResolveSecret = () => undefined,
  { adapter, publish, ...bootstrap }: EnvoySettings = {},
): Promise<RealEnvoy> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-envoy-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const xds = createXdsServer({
    clock: createClock(),
    log: silentLog,
    metrics: await createMetrics(),
    resolveSecret,
  });
  const xdsSocket = join(directory, "xds.sock");
  const server = http2.createServer(createHttp2Handler(xds.routes));
  server.listen(xdsSocket);
  await once(server, "listening");
  undo.defer(async () => {
    xds.close();
    const closed = once(server, "close");
    server.close();
    await closed;
  });
  const adminSocket = join(directory, "admin.sock");
  const authorizationSocket = join(directory, "authorization.sock");
  if (adapter ?? resources.some(({ type }) => type === "policy"))
    undo.defer(startAdapter(authorizationSocket, xdsSocket));
  const child = await launch(directory, {
    ...bootstrap,
    authorizationSocket,
    xds: { kind: "unix", path: xdsSocket },
    adminSocket,
  });
  undo.defer(() => stop(child));
  undo.defer(endWithUs(child));
  const death = dies(child, directory);
  // Only who waits for the proxy wants to know; after that it dies because the test is over.
  death.catch(() => undefined);
  const settled = async (): Promise<readonly string[]> => {
    const { refused } = await Promise.race([xds.programmed(), death]);
    return refused.map(({ type, name, message }) => `${type} ${name}: ${message}`);
  };
  const change: RealEnvoy["change"] = async (set, removed = []) => {
    xds.publish({ set, removed });
    return await settled();
  };
  if (publish === undefined) {
    xds.publish({ set: resources, removed: [] });
    xds.open();
  } else await Promise.race([publish(xds), death]);
  const refused = await settled();
  const running = undo.move();
  return {
    xds,
    refused,
    change,
    admin: (path) => getOverSocket(adminSocket, path),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Within this process; the returned function ends it. */
function startAdapter(socket: string, xdsSocket: string): () => Promise<void> {
  const stopping = new AbortController();
  const ended = runAdapter(
    {
      clock: createClock(),
      random: createRandom(),
      http2: createHttp2Server(),
      clients: createHttpClients(),
      dialler: createDialler(),
      workers: createWorkers(),
      log: silentLog,
    },
    {
      ...{ node: "test", socket },
      controlPlane: () => Promise.resolve({ kind: "unix", path: xdsSocket }),
    },
    stopping.signal,
  );
  return async () => {
    stopping.abort();
    await ended;
  };
}

/** Starts an Envoy that asks for everything at a Unix socket; its files are in `directory`. */
export async function launchEnvoy(directory: string, xdsSocket: string): Promise<AsyncDisposable> {
  const child = await launch(directory, {
    xds: { kind: "unix", path: xdsSocket },
    adminSocket: join(directory, "admin.sock"),
    authorizationSocket: join(directory, "authorization.sock"),
  });
  const forget = endWithUs(child);
  return {
    [Symbol.asyncDispose]: async () => {
      forget();
      await stop(child);
    },
  };
}

/** An Envoy that is what a pod would run: started with a file, and with what only its pod knows. */
export async function launchPod(
  directory: string,
  bootstrap: string,
  more: readonly string[],
): Promise<AsyncDisposable & { readonly died: Promise<never> }> {
  const child = await startProgram(directory, bootstrap, more);
  const forget = endWithUs(child);
  const died = dies(child, directory);
  died.catch(() => "seen by whoever races against it");
  return {
    died,
    [Symbol.asyncDispose]: async () => {
      forget();
      await stop(child);
    },
  };
}

async function launch(
  directory: string,
  more: Partial<BootstrapSettings> & Pick<BootstrapSettings, "adminSocket">,
): Promise<ChildProcess> {
  const bootstrap = join(directory, "bootstrap.pb");
  const settings = { nodeId: "test", nodeCluster: "test", maxHeapBytes: 2 ** 30, ...more };
  writeFileSync(bootstrap, buildBootstrap(settings));
  return await startProgram(directory, bootstrap);
}

async function startProgram(
  directory: string,
  bootstrap: string,
  more: readonly string[] = [],
): Promise<ChildProcess> {
  const log = join(directory, "envoy.log");
  const args = ["--concurrency", "1", "--disable-hot-restart", "--log-path", log];
  // The access log at once: else a test waits 10 s for it.
  args.push("--file-flush-interval-msec", "20");
  const child = spawn(await envoyProgram(), ["-c", bootstrap, ...args, ...more], {
    stdio: "ignore",
  });
  await once(child, "spawn");
  return child;
}

/** A test that is killed cannot clean up: this one ends the child when our end of its input closes. */
function endWithUs(child: ChildProcess): () => void {
  const script = `read _; kill -9 ${child.pid}`;
  const guard = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  return () => void guard.kill("SIGKILL");
}

async function dies(child: ChildProcess, directory: string): Promise<never> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  throw new Error(
    `Envoy ended: ${readFileSync(join(directory, "envoy.log"), "utf8").slice(-4000)}`,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** The body of a GET over a Unix socket. */
export function getOverSocket(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(body));
    });
    request.on("error", reject);
  });
}

/** Ports that were free a moment ago, all different. */
export async function freePorts<const Names extends string>(
  ...names: readonly Names[]
): Promise<Readonly<Record<Names, number>>> {
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      return { name, server, port: address.port };
    }),
  );
  await Promise.all(
    servers.map(async ({ server }) => {
      const closed = once(server, "close");
      server.close();
      await closed;
    }),
  );
  return Object.fromEntries(servers.map(({ name, port }) => [name, port])) as Record<Names, number>;
}
