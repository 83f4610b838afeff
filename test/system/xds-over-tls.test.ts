/** Real Envoy as a pod runs it, over mutual TLS: it serves, goes on while certificates and the root change, and a stranger gets nothing. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { formatReadyBootstrap } from "#proxies/bootstrap.ts";
import { formatPodBootstrap } from "#proxies/kubernetes/pod-bootstrap.ts";
import { proxySecretName } from "#proxies/kubernetes/proxy-secret.ts";
import { admitOnly } from "#proxies/kubernetes/xds-admission.ts";
import { keepXdsIdentity, type XdsIdentity } from "#proxies/kubernetes/xds-identity.ts";
import { settleXdsSecrets } from "#proxies/kubernetes/xds-secrets.ts";
import type { ReadyAddress } from "#proxies/ready-listener.ts";
import { readSecret, secretKey } from "#proxies/stored-secret.ts";
import type { Http2Listener } from "#runtime/http/http2-server.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { peerCertificate } from "#runtime/network/peer-certificate.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { replaceProjected } from "#test/fakes/projected-volume.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import { createXdsServer, type XdsServer } from "#xds/xds-server.ts";
import { freePorts, getOverSocket, launchPod } from "./harness/real-envoy.ts";
import { httpListener, routesAnswering } from "./harness/xds-resources.ts";

const namespace = "sekisho-system";
/** The address of a pod in a cluster of IPv6, where the machine has it. */
const loopback = existsSync("/proc/net/if_inet6") ? "::1" : "127.0.0.1";
const mounted = ["tls.crt", "tls.key", "ca.crt"];

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-pod-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Brings the files of a pod to what the Secret holds; returns the certificate. */
async function refreshMount(store: ObjectStore, directory: string): Promise<X509Certificate> {
  const secret = await readSecret(store, secretKey(namespace, proxySecretName));
  assert.ok(secret, "the Secret of the proxies is there");
  const files = mounted.map((name) => [name, secret.value(name) ?? ""] as const);
  replaceProjected(directory, Object.fromEntries(files));
  return new X509Certificate(secret.value("tls.crt") ?? "");
}

interface Pod extends AsyncDisposable {
  readonly died: Promise<never>;
  /** Where its certificate is mounted. */
  readonly secret: string;
  readonly admin: (path: string) => Promise<string>;
}

/** Starts Envoy with the files of the ConfigMap; the name of the Service leads to this machine. */
async function startPod(
  directory: string,
  name: string,
  { xdsPort, ready }: { readonly xdsPort: number; readonly ready: ReadyAddress },
): Promise<Pod> {
  const adminSocket = join(directory, "admin.sock");
  const authorizationSocket = join(directory, "authorization.sock");
  const paths = {
    ...{ bootstrap: join(directory, "boot"), xds: join(directory, "xds") },
    ...{ adminSocket, authorizationSocket },
  };
  const files = formatPodBootstrap({
    namespace,
    nodeCluster: "sekisho",
    maxHeapBytes: 2 ** 30,
    xdsPort,
    paths,
  });
  const service = /("address": )"sekisho-xds[^"]*"/;
  const bootstrap = files["bootstrap.json"] ?? "";
  assert.match(bootstrap, service);
  replaceProjected(paths.bootstrap, {
    ...files,
    "bootstrap.json": bootstrap.replace(service, '$1"127.0.0.1"'),
  });
  const envoy = await launchPod(directory, join(paths.bootstrap, "bootstrap.json"), [
    ...["--service-node", name, "--config-yaml", formatReadyBootstrap(ready)],
  ]);
  return {
    died: envoy.died,
    secret: paths.xds,
    admin: (path) => getOverSocket(adminSocket, path),
    [Symbol.asyncDispose]: () => envoy[Symbol.asyncDispose](),
  };
}

interface Replica {
  readonly listener: Http2Listener;
  /** Certificates that streams were opened with, in their order. */
  readonly shown: readonly string[];
}

async function startReplica(xds: XdsServer, identity: XdsIdentity, port = 0): Promise<Replica> {
  const shown: string[] = [];
  const handler = createHttp2Handler(xds.routes);
  const listener = await createHttp2Server().listen(
    { kind: "tls", host: "127.0.0.1", port, identity: identity.current() },
    admitOnly({ clock: createClock(), namespace, role: "proxy" }, (request, response) => {
      const peer = peerCertificate(request);
      if (peer !== undefined) shown.push(new X509Certificate(peer).serialNumber);
      handler(request, response);
    }),
  );
  identity.subscribe(listener.replaceIdentity);
  return { listener, shown };
}

async function startXds(context: TestContext, port: number): Promise<XdsServer> {
  const metrics = await createMetrics();
  const xds = createXdsServer({ clock: createClock(), log: silentLog, metrics });
  context.after(() => xds.close());
  const listener = httpListener("edge", port, { routes: "edge", tls: false });
  xds.publish({ set: [listener, routesAnswering("edge", 201)], removed: [] });
  xds.open();
  return xds;
}

async function statusOf(port: number, path: string, host = "127.0.0.1"): Promise<number> {
  const request = http.get({ host, port, path, agent: false });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request.on("error", reject).on("response", (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  return await promise;
}

/** Time goes on in small steps; after each the replica rests again. */
async function pass(clock: ManualClock, hours: number): Promise<void> {
  for (let minutes = 0; minutes < hours * 60; minutes += 10) {
    await clock.advance({ minutes: 10 });
    while (clock.timerCount() === 0) await turnOfLoop();
  }
}

test("an Envoy goes on through new certificates and a new root, without a new stream and with one", async (context) => {
  const store = await temporaryStore(context);
  // Two thirds of a year, and then 26 hours until now.
  const birth = Temporal.Now.instant().subtract({ hours: (365 * 24 * 2) / 3 + 26 });
  const clock = createManualClock(birth);
  await settleXdsSecrets({ store, log: silentLog }, namespace, birth);
  await clock.advance({ hours: (365 * 24 * 2) / 3 });
  const identity = await keepXdsIdentity({ store, clock, log: silentLog }, { namespace });
  context.after(() => identity.close());
  await pass(clock, 20);
  const ports = await freePorts("edge", "ready");
  const xds = await startXds(context, ports.edge);
  const first = await startReplica(xds, identity);
  context.after(() => first.listener.close());
  const xdsPort = first.listener.port ?? 0;
  const directory = temporaryDirectory(context);
  const before = await refreshMount(store, join(directory, "xds"));
  await using pod = await startPod(directory, "pod-1", {
    xdsPort,
    ready: { address: loopback, port: ports.ready },
  });
  await Promise.race([xds.programmed(), pod.died]);
  assert.equal(await statusOf(ports.edge, "/"), 201);
  assert.equal(await statusOf(ports.ready, "/ready", loopback), 200);
  assert.equal(await statusOf(ports.ready, "/stats", loopback), 404);
  assert.deepEqual(first.shown, [before.serialNumber]);
  assert.deepEqual(
    xds.proxies().map(({ proxy }) => proxy),
    ["pod-1"],
  );

  const oldRoot = new X509Certificate(identity.current().certificateChain).issuer;
  await pass(clock, 6);
  assert.notEqual(new X509Certificate(identity.current().certificateChain).issuer, oldRoot);
  const after = await refreshMount(store, pod.secret);
  assert.notEqual(after.issuer, before.issuer);
  while (!(await pod.admin("/certs")).toUpperCase().includes(after.serialNumber.replace(/^0+/, "")))
    await Promise.race([turnOfLoop(), pod.died]);
  xds.publish({ set: [routesAnswering("edge", 202)], removed: [] });
  await Promise.race([xds.programmed(), pod.died]);
  assert.equal(first.shown.length, 1, "the stream is the same");

  await first.listener.close();
  const second = await startReplica(xds, identity, xdsPort);
  context.after(() => second.listener.close());
  xds.publish({ set: [routesAnswering("edge", 203)], removed: [] });
  await Promise.race([xds.programmed(), pod.died]);
  assert.deepEqual(second.shown, [after.serialNumber], "the new stream has the new certificate");
  assert.equal(await statusOf(ports.edge, "/"), 203);
});

test("an Envoy with a certificate of another root is told nothing, and is not ready", async (context) => {
  const now = Temporal.Now.instant();
  const [store, foreign] = [await temporaryStore(context), await temporaryStore(context)];
  await settleXdsSecrets({ store: foreign, log: silentLog }, namespace, now);
  const identity = await keepXdsIdentity(
    { store, clock: createClock(), log: silentLog },
    { namespace },
  );
  context.after(() => identity.close());
  const ports = await freePorts("edge", "ready");
  const xds = await startXds(context, ports.edge);
  const replica = await startReplica(xds, identity);
  context.after(() => replica.listener.close());
  const directory = temporaryDirectory(context);
  // It trusts us, so that it is we who refuse.
  await refreshMount(foreign, join(directory, "xds"));
  writeFileSync(join(directory, "xds/ca.crt"), identity.current().clientCa);
  const port = replica.listener.port ?? 0;
  await using pod = await startPod(directory, "stranger", {
    xdsPort: port,
    ready: { address: loopback, port: ports.ready },
  });
  const tries = async (): Promise<number> => {
    const stats = await pod.admin("/stats?filter=sekisho_xds.upstream_cx_total").catch(() => "");
    return Number(/upstream_cx_total: (\d+)/.exec(stats)?.[1] ?? 0);
  };
  while ((await tries()) < 3) await Promise.race([turnOfLoop(), pod.died]);
  assert.deepEqual(xds.proxies(), []);
  assert.deepEqual(replica.shown, []);
  assert.match(await pod.admin("/ready"), /PRE_INITIALIZING|INITIALIZING/);
  assert.doesNotMatch(await pod.admin("/listeners"), /edge/);
});
