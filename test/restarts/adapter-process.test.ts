/** The authorization adapter as a process beside a real Envoy: killed, adopted, replaced, and without a control plane. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import {
  type AdapterProcess,
  createAdapterProcess,
  endAdapters,
} from "#proxies/process/adapter-process.ts";
import { type EnvoyPaths, envoyPaths } from "#proxies/process/envoy-paths.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import {
  credentials,
  plainSettings,
  startEcho,
  worldResources,
} from "#test/system/harness/host-world.ts";
import { repository } from "#test/system/harness/program.ts";
import { freePorts, launchEnvoy } from "#test/system/harness/real-envoy.ts";
import { http1Text, sendText } from "#test/system/harness/wire-client.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import { createXdsServer } from "#xds/xds-server.ts";

const deps = {
  clock: createClock(),
  random: createRandom(),
  files: createFiles(),
  processes: createProcesses(),
  log: silentLog,
};

const program = join(repository, "src/authorization/main.ts");

interface Stage {
  readonly paths: EnvoyPaths;
  /** A supervisor, as each control plane has one. */
  readonly supervisor: () => AdapterProcess;
  /** The status of `/secret`, with the right password or with none. */
  readonly ask: (who: "alice" | "nobody") => Promise<number>;
  /** Ends the control plane. */
  readonly endControlPlane: () => Promise<void>;
}

/** `leftOver`: an adapter of a control plane that is gone runs, else one of a supervisor that goes on. */
async function stage(t: TestContext, leftOver = false): Promise<Stage> {
  const undo = new AsyncDisposableStack();
  t.after(() => undo.disposeAsync());
  const directory = mkdtempSync(join(tmpdir(), "sekisho-adapter-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const paths = envoyPaths(directory);
  const { clock, log } = deps;
  const xds = createXdsServer({ clock, log, metrics: await createMetrics() });
  const listener = await createHttp2Server().listen(
    { kind: "unix", path: paths.xdsSocket },
    createHttp2Handler(xds.routes),
  );
  const endControlPlane = async (): Promise<void> => {
    xds.close();
    await listener.close();
  };
  undo.defer(endControlPlane);
  const echo = undo.use(await startEcho());
  const ports = await freePorts("http", "https");
  xds.publish({ set: worldResources(chainLayout(plainSettings, ports), echo.port), removed: [] });
  xds.open();
  undo.defer(async () => void (await endAdapters(deps, paths)));
  undo.use(await launchEnvoy(directory, paths.xdsSocket));
  const supervisor = (): AdapterProcess => {
    const made = createAdapterProcess(deps, {
      ...{ command: [process.execPath, program], version: "1", paths },
      node: "test",
      onRunning: () => undefined,
    });
    undo.defer(() => made.stop());
    return made;
  };
  const ask: Stage["ask"] = async (who) => {
    const lines = who === "alice" ? [`Authorization: Basic ${btoa(credentials)}`] : [];
    const text = http1Text("/secret", ["Host: shop.test", ...lines]);
    return (await sendText({ port: ports.http }, text)).status;
  };
  if (leftOver) await startUnwatched(paths);
  else supervisor().start();
  await xds.programmed();
  return { paths, supervisor, ask, endControlPlane };
}

/** As an earlier run would have started it, with nothing written down of it. */
async function startUnwatched(paths: EnvoyPaths): Promise<void> {
  const places = [paths.authorizationSocket, paths.xdsSocket] as const;
  await deps.processes.start({
    command: process.execPath,
    args: [program, "--node", "test", "--socket", places[0], "--control-plane", places[1]],
    env: { SEKISHO_AUTHORIZATION_DIRECTORY: paths.directory },
    output: { file: paths.adapterLog },
    ownSession: true,
  });
}

function markOf({ directory }: EnvoyPaths): string {
  return `SEKISHO_AUTHORIZATION_DIRECTORY=${directory}`;
}

function adapterPid({ adapterRoster }: EnvoyPaths): number {
  const { envoys } = JSON.parse(readFileSync(adapterRoster, "utf8")) as {
    readonly envoys: readonly { readonly pid: number }[];
  };
  return envoys.at(-1)?.pid ?? 0;
}

/** Asks until alice passes; what was answered before. Nobody passes meanwhile. */
async function untilServed({ ask }: Stage): Promise<ReadonlySet<number>> {
  const before = new Set<number>();
  for (;;) {
    const [alice, nobody] = [await ask("alice"), await ask("nobody")];
    assert.notEqual(nobody, 200);
    if (alice === 200 && nobody === 401) return before;
    before.add(alice);
    await setImmediate();
  }
}

test("a killed adapter closes what it protected, and is started again", async (t) => {
  const here = await stage(t);
  await untilServed(here);
  const first = adapterPid(here.paths);
  process.kill(first, "SIGKILL");
  assert.deepEqual([...(await untilServed(here))], [503]);
  assert.notEqual(adapterPid(here.paths), first);
});

test("without a control plane it judges on, and the next one adopts it", async (t) => {
  const here = await stage(t);
  await untilServed(here);
  await here.endControlPlane();
  assert.equal(await here.ask("alice"), 200);
  assert.equal(await here.ask("nobody"), 401);
  const first = adapterPid(here.paths);
  const next = here.supervisor();
  await next.startIfLeft();
  assert.equal(await here.ask("alice"), 200);
  assert.equal(adapterPid(here.paths), first);
  assert.deepEqual(
    (await endAdapters(deps, here.paths)).map(({ pid }) => pid),
    [first],
  );
  assert.equal(await here.ask("alice"), 503);
});

test("an adapter that another version left is replaced by one that has its policies", async (t) => {
  const here = await stage(t, true);
  await untilServed(here);
  const [left] = await processesWith(deps.files, markOf(here.paths));
  assert.ok(left);
  here.supervisor().start();
  // Its successor answers by then.
  while (await deps.processes.alive(left)) await setImmediate();
  await untilServed(here);
  assert.notEqual(adapterPid(here.paths), left.pid);
});

test("what it says and where it listens are its user's alone, and say no secret", async (t) => {
  const here = await stage(t);
  await untilServed(here);
  assert.equal(statSync(here.paths.authorizationSocket).mode & 0o777, 0o600);
  const said = readFileSync(here.paths.adapterLog, "utf8");
  assert.match(said, /answering for Envoy/);
  for (const secret of [credentials, credentials.split(":")[1] ?? "", btoa(credentials), "{SHA}"])
    assert.ok(!said.includes(secret));
});
