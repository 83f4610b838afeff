import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Command, ExitStatus, Processes } from "#runtime/processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type SocketHttp, SocketHttpError } from "#runtime/socket-http.ts";
import { createManualClock, type ManualClock } from "#test/fakes/manual-clock.ts";
import { silentLog } from "#test/fakes/silent-log.ts";
import { envoyPaths } from "./envoy-paths.ts";
import {
  createEnvoyProcess,
  type EnvoyEvent,
  type EnvoyProcess,
  type EnvoyProcessDeps,
} from "./envoy-process.ts";

/** An Envoy of cardboard: it answers the administration interface and ends when told or made to. */
interface Stage {
  readonly clock: ManualClock;
  readonly envoy: EnvoyProcess;
  readonly events: EnvoyEvent[];
  readonly asked: string[];
  readonly signals: string[];
  readonly output: string;
  requests: number;
  answers: boolean;
  deaf: boolean;
  /** Ends the Envoy that runs now. */
  readonly end: (status: Partial<ExitStatus>) => void;
  /** Resolves when an event of this kind has come (each is counted once). */
  readonly next: (kind: EnvoyEvent["kind"]) => Promise<EnvoyEvent>;
}

async function stage(t: TestContext): Promise<Stage> {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-envoy-"));
  t.after(() => rm(directory, { recursive: true }));
  const paths = envoyPaths(directory);
  const clock = createManualClock();
  const seen: EnvoyEvent[] = [];
  const waiting: { kind: EnvoyEvent["kind"]; resolve: (event: EnvoyEvent) => void }[] = [];
  let end: (status: ExitStatus) => void = () => undefined;
  let pid = 100;
  const processes: Processes = {
    run: () => Promise.reject(new Error("nothing is run here")),
    alive: () => Promise.resolve(true),
    start: async (_: Command) => {
      const { promise, resolve } = Promise.withResolvers<ExitStatus>();
      end = resolve;
      pid += 1;
      return { identity: { pid, startTicks: "1" }, exited: promise };
    },
    signal: async (identity, name) => {
      made.signals.push(`${name} ${identity.pid}`);
      if (name === "SIGKILL" || !made.deaf) end({ code: 0, signal: undefined });
      return true;
    },
  };
  const http: SocketHttp = {
    request: async ({ path: asked, method }) => {
      if (!made.answers) throw new SocketHttpError("absent", "nobody there");
      if (method === "POST") made.asked.push(asked);
      return { status: 200, body: `http.gate.downstream_rq_active: ${made.requests}\n` };
    },
  };
  const random = { ...createRandom(), fraction: () => 0 };
  const deps: EnvoyProcessDeps = {
    ...{ clock, random, processes, http },
    ...{ files: createFiles(), log: silentLog },
  };
  const onEvent = (event: EnvoyEvent): void => {
    made.events.push(event);
    const index = waiting.findIndex(({ kind }) => kind === event.kind);
    if (index < 0) seen.push(event);
    else for (const waiter of waiting.splice(index, 1)) waiter.resolve(event);
  };
  const next = (kind: EnvoyEvent["kind"]): Promise<EnvoyEvent> => {
    const index = seen.findIndex((event) => event.kind === kind);
    const [event] = index < 0 ? [] : seen.splice(index, 1);
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => {
      waiting.push({ kind, resolve });
    });
  };
  const envoy = createEnvoyProcess(deps, {
    ...{ program: "/envoy", paths, bootstrap: new Uint8Array(), concurrency: 1, onEvent },
    drain: { longest: Temporal.Duration.from({ seconds: 10 }) },
  });
  const made: Stage = {
    ...{ clock, envoy, events: [], asked: [], signals: [], output: paths.output, next },
    ...{ requests: 0, answers: true, deaf: false },
    end: (status) => end({ code: undefined, signal: undefined, ...status }),
  };
  return made;
}

/** All that can go on without waiting for time has gone on. */
function turn(): Promise<void> {
  return setImmediate();
}

/** Time passes in steps of 100 ms, so that what sets a new timer is in time for it. */
async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    await turn();
    await clock.advance({ milliseconds: 100 });
  }
  await turn();
}

const kinds = (events: readonly EnvoyEvent[]): readonly string[] => events.map(({ kind }) => kind);

test("an Envoy that dies is started again after the back-off, with the reason told", async (t) => {
  const { clock, envoy, events, next, end, output } = await stage(t);
  envoy.start();
  for (const seconds of [1, 2]) {
    await next("ready");
    await appendFile(output, "cannot bind '0.0.0.0:80': Permission denied\n");
    end({ code: 1 });
    const exited = await next("exited");
    assert.equal(exited.kind === "exited" && exited.why.reason, "PortDenied");
    const restarting = await next("restarting");
    assert.equal(restarting.kind === "restarting" && restarting.delay.total("seconds"), seconds);
    assert.equal(envoy.identity(), undefined);
    await pass(clock, seconds * 1000);
  }
  await next("ready");
  const run = ["started", "ready", "exited", "restarting"];
  assert.deepEqual(kinds(events), [...run, ...run, "started", "ready"]);
  await envoy.stop();
});

test("an earlier Envoy's words are not taken for a later one's", async (t) => {
  const { clock, envoy, next, end, output } = await stage(t);
  envoy.start();
  await next("ready");
  await appendFile(output, "Too many open files\n");
  end({ code: 1 });
  const first = await next("exited");
  await next("restarting");
  await pass(clock, 1000);
  await next("ready");
  end({ signal: "SIGKILL" });
  const second = await next("exited");
  const reasons = [first, second].map((event) => event.kind === "exited" && event.why.reason);
  assert.deepEqual(reasons, ["TooManyOpenFiles", "Killed"]);
  await envoy.stop();
});

test("what can only end the same way is not started again", async (t) => {
  const { envoy, events, next, end, output } = await stage(t);
  envoy.start();
  await next("ready");
  await appendFile(
    output,
    "envoy: libc.so.6: version `GLIBC_2.31' not found (required by envoy)\n",
  );
  end({ code: 1 });
  const gaveUp = await next("gave-up");
  assert.match(gaveUp.kind === "gave-up" ? gaveUp.why.message : "", /lacks GLIBC_2\.31/);
  await envoy.stop();
  assert.deepEqual(kinds(events).slice(-2), ["gave-up", "stopped"]);
});

test("stopping waits for the requests under way, then ends Envoy", async (t) => {
  const made = await stage(t);
  const { clock, envoy, events, next, signals, asked } = made;
  envoy.start();
  await next("ready");
  made.requests = 2;
  const stopped = envoy.stop();
  while (asked.length < 3) await turn();
  await pass(clock, 500);
  assert.deepEqual(signals, []);
  made.requests = 0;
  await pass(clock, 100);
  await stopped;
  const drain = ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit", "/drain_listeners"];
  assert.deepEqual(asked, drain);
  assert.deepEqual(signals, ["SIGTERM 101"]);
  assert.deepEqual(kinds(events).slice(-3), ["draining", "drained", "stopped"]);
  const drained = await next("drained");
  assert.deepEqual(drained.kind === "drained" && drained.left, { connections: 0, requests: 0 });
});

test("requests that do not end hold the stop up no longer than asked, less when in a hurry", async (t) => {
  for (const hurried of [false, true]) {
    const made = await stage(t);
    const { clock, envoy, next, asked } = made;
    envoy.start();
    await next("ready");
    made.requests = 1;
    const hurry = new AbortController();
    const stopped = envoy.stop(hurry.signal);
    while (asked.length < 3) await turn();
    if (hurried) hurry.abort();
    else await pass(clock, 10_000);
    await stopped;
    const drained = await next("drained");
    assert.equal(drained.kind === "drained" && drained.left?.requests, 1);
    assert.equal(drained.kind === "drained" && drained.tookMs >= 10_000, !hurried);
  }
});

test("an Envoy that does not end at SIGTERM is killed", async (t) => {
  const made = await stage(t);
  const { clock, envoy, next, signals } = made;
  envoy.start();
  await next("ready");
  made.deaf = true;
  const stopped = envoy.stop();
  while (signals.length < 1) await turn();
  await pass(clock, 5000);
  await stopped;
  assert.deepEqual(signals, ["SIGTERM 101", "SIGKILL 101"]);
});

test("stopping while waiting for a restart ends at once", async (t) => {
  const { envoy, events, next, end } = await stage(t);
  envoy.start();
  await next("ready");
  end({ signal: "SIGSEGV" });
  await next("restarting");
  await envoy.stop();
  assert.equal(events.at(-1)?.kind, "stopped");
});

test("an Envoy that never answers can be stopped", async (t) => {
  const made = await stage(t);
  made.answers = false;
  made.envoy.start();
  await made.next("started");
  await made.envoy.stop();
  assert.deepEqual(kinds(made.events), ["started", "draining", "drained", "stopped"]);
});
