/** Real Envoy under our xDS server: what is published is what answers, also when the control plane is restarted. */

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { Resource } from "#envoy/resource.ts";
import { buildSecret } from "#envoy/secrets/secret.ts";
import { buildBootstrap } from "#proxies/bootstrap.ts";
import { findEnvoy } from "#proxies/process/install/find-envoy.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { readPlatform } from "#runtime/real-platform.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import type { XdsServer } from "#xds/xds-server.ts";
import { createXdsServer } from "#xds/xds-server.ts";
import { freePorts } from "./harness/real-envoy.ts";
import { edsCluster, endpoint, httpListener, routesTo } from "./harness/xds-resources.ts";

interface ControlPlane extends AsyncDisposable {
  readonly xds: XdsServer;
}

async function startControlPlane(
  path: string,
  resources: readonly Resource[],
  resolveSecret: (name: string) => Resource | undefined,
): Promise<ControlPlane> {
  const metrics = await createMetrics();
  const xds = createXdsServer({ clock: createClock(), log: silentLog, metrics, resolveSecret });
  const listener = await createHttp2Server().listen(
    { kind: "unix", path },
    createHttp2Handler(xds.routes),
  );
  xds.publish({ set: resources, removed: [] });
  xds.open();
  return { xds, [Symbol.asyncDispose]: () => listener.close() };
}

async function startEnvoyProgram(
  directory: string,
  xdsSocket: string,
): Promise<AsyncDisposable & { readonly died: Promise<never> }> {
  const adminSocket = join(directory, "admin.sock");
  const settings = { nodeId: "one", nodeCluster: "test", maxHeapBytes: 2 ** 30 };
  const bootstrap = join(directory, "bootstrap.pb");
  writeFileSync(
    bootstrap,
    buildBootstrap({ ...settings, adminSocket, xds: { kind: "unix", path: xdsSocket } }),
  );
  const log = join(directory, "envoy.log");
  const options = ["--concurrency", "1", "--disable-hot-restart", "--log-path", log];
  const child = spawn(await envoyPath(), ["-c", bootstrap, ...options], { stdio: "ignore" });
  const exited = once(child, "exit");
  const died = exited.then(() => {
    throw new Error(`Envoy ended: ${readFileSync(log, "utf8").slice(-4000)}`);
  });
  died.catch(() => "seen by whoever races against it");
  return { died, [Symbol.asyncDispose]: () => kill(child, exited) };
}

async function kill(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await exited;
}

async function envoyPath(): Promise<string> {
  const deps = {
    files: createFiles(),
    processes: createProcesses(),
    platform: readPlatform(),
    random: createRandom(),
  };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined) env[name] = value;
  return (await findEnvoy(deps, { env, progress: () => undefined })).path;
}

async function startUpstream(body: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = http.createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(request: http.ClientRequest): Promise<string> {
  request.end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += chunk;
  return body;
}

function get(port: number): Promise<string> {
  return bodyOf(http.request({ host: "127.0.0.1", port, agent: false }));
}

/** The name in the certificate that answers a handshake for `servername`, and the body behind it. */
async function getOverTls(port: number, servername: string): Promise<readonly [string, string]> {
  const request = https.request({
    host: "127.0.0.1",
    port,
    servername,
    agent: false,
    rejectUnauthorized: false,
  });
  let subject = "";
  request.on("socket", (socket) => {
    socket.on("secureConnect", () => {
      subject = String((socket as TLSSocket).getPeerCertificate().subject.CN);
    });
  });
  return [await bodyOf(request), subject].toReversed() as [string, string];
}

function resolveSecret(name: string): Resource | undefined {
  if (!name.endsWith(".example.com")) return undefined;
  const { certificate, key } = certificates.getOrInsertComputed(name, () => selfSigned([name]));
  const privateKey = new SecretBytes(Buffer.from(key));
  return buildSecret(name, { certificateChain: certificate, privateKey });
}

const certificates = new Map<string, ReturnType<typeof selfSigned>>();

test("real Envoy takes in, answers, refuses, and after a restart of the control plane is told nothing twice", async () => {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-xds-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const [tea, coffee] = [
    undo.use(await startUpstream("tea")),
    undo.use(await startUpstream("coffee")),
  ];
  const ports = await freePorts("http", "https");
  const world = [
    edsCluster("tea"),
    endpoint("tea", tea.port),
    routesTo("all", "tea"),
    httpListener("http", ports.http, { routes: "all", tls: false }),
    httpListener("https", ports.https, { routes: "all", tls: true }),
  ];
  const socket = join(directory, "xds.sock");
  const first = await startControlPlane(socket, world, resolveSecret);
  undo.use(first);
  const envoy = undo.use(await startEnvoyProgram(directory, socket));
  const settled = (xds: XdsServer): ReturnType<XdsServer["programmed"]> =>
    Promise.race([xds.programmed(), envoy.died]);

  const { xds } = first;
  assert.deepEqual(await settled(xds), { proxies: 1, refused: [] });
  assert.equal(await get(ports.http), "tea");

  // Secrets on demand: a known name, an unknown one, and the name that would be a wildcard.
  assert.deepEqual(await getOverTls(ports.https, "a.example.com"), ["a.example.com", "tea"]);
  for (const unknown of ["nobody.test", "*"]) {
    await assert.rejects(getOverTls(ports.https, unknown), /handshake failure|disconnected/);
  }
  // Envoy gives a refused name up in its own time; a further handshake gives it some.
  while (xds.askedSecrets().length > 1) await getOverTls(ports.https, "a.example.com");
  assert.deepEqual(xds.askedSecrets(), ["a.example.com"]);
  certificates.set("a.example.com", selfSigned(["renewed.example.com"]));
  xds.refreshSecrets();
  await settled(xds);
  assert.deepEqual(await getOverTls(ports.https, "a.example.com"), ["renewed.example.com", "tea"]);

  // Another backend, and an endpoint that moves.
  const coffeeWorld = [edsCluster("coffee"), endpoint("coffee", coffee.port)];
  xds.publish({ set: coffeeWorld, removed: [] });
  await settled(xds);
  xds.publish({ set: [routesTo("all", "coffee")], removed: [] });
  assert.deepEqual((await settled(xds)).refused, []);
  assert.equal(await get(ports.http), "coffee");
  xds.publish({ set: [endpoint("coffee", tea.port)], removed: [] });
  await settled(xds);
  assert.equal(await get(ports.http), "tea");

  // What Envoy refuses is known by name with its text; the rest goes on.
  const bad = edsCluster("bad", -1);
  xds.publish({ set: [bad, endpoint("coffee", coffee.port)], removed: [] });
  const [refusal] = (await settled(xds)).refused;
  assert.equal(refusal?.name, "bad");
  assert.match(refusal?.message ?? "", /Invalid duration/);
  assert.equal(await get(ports.http), "coffee");
  xds.publish({ set: [], removed: [{ type: "cluster", name: "bad" }] });
  assert.deepEqual((await settled(xds)).refused, []);

  // A new control plane with the same world, the old one gone without a word.
  await first[Symbol.asyncDispose]();
  const routes = [routesTo("all", "coffee")];
  const now = [...world.slice(0, 2), ...coffeeWorld, ...routes, ...world.slice(3)];
  const second = undo.use(await startControlPlane(socket, now, resolveSecret));
  assert.deepEqual(await settled(second.xds), { proxies: 1, refused: [] });
  assert.equal(await get(ports.http), "coffee");
  second.xds.publish({ set: [routesTo("all", "tea")], removed: [] });
  await settled(second.xds);
  assert.equal(await get(ports.http), "tea");
  assert.equal((await getOverTls(ports.https, "a.example.com"))[0], "renewed.example.com");
  const sent = second.xds.proxies()[0]?.types.map((type) => [type.type, type.sentResources]);
  assert.deepEqual(Object.fromEntries(sent ?? []), {
    cluster: 0,
    endpoints: 0,
    secret: 0,
    listener: 0,
    routes: 1,
  });
});
