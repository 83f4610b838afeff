/** A supervisor whose Envoys are of cardboard: they answer the administration interface, and end when told or made to. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { EnvoyEvent } from "#proxies/process/envoy-event.ts";
import { type EnvoyPaths, envoyPaths } from "#proxies/process/envoy-paths.ts";
import {
  createEnvoyProcess,
  type EnvoyProcess,
  type EnvoyProcessDeps,
  type EnvoyProcessSettings,
} from "#proxies/process/envoy-process.ts";
import { type SocketHttp, SocketHttpError } from "#runtime/http/socket-http.ts";
import type { Child, Command, ExitStatus, Processes } from "#runtime/processes/processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createManualClock, type ManualClock } from "./runtime/manual-clock.ts";
import { silentLog } from "./runtime/silent-log.ts";

/** The machine that the Envoys run on: it outlives a supervisor. */
export interface Machine {
  readonly paths: EnvoyPaths;
  readonly clock: ManualClock;
  readonly signals: string[];
  /** Arguments of the Envoys that were started. */
  readonly commands: Command[];
  readonly asked: string[];
  /** Which of the Envoys live, by process number. */
  readonly alive: Map<number, { startTicks: string; end: (status: ExitStatus) => void }>;
  requests: number;
  parentConnections: number;
  answers: boolean;
  deaf: boolean;
  /** What `--hot-restart-version` says, by program. */
  hotRestartVersion: (program: string) => string;
  /** What `--mode validate` says: nothing when it is content. */
  refusal: string;
  readonly processes: Processes;
  readonly http: SocketHttp;
  /** Ends the Envoy that was started last. */
  readonly end: (status: Partial<ExitStatus>) => void;
}

/** A machine without Envoys; its directory is removed after the test. */
export async function createMachine(t: TestContext): Promise<Machine> {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-envoy-"));
  t.after(() => rm(directory, { recursive: true }));
  let last = 100;
  const start = async (command: Command): Promise<Child> => {
    last += 1;
    const pid = last;
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    const end = (status: ExitStatus): void => {
      machine.alive.delete(pid);
      resolve(status);
    };
    machine.alive.set(pid, { startTicks: "1", end });
    machine.commands.push(command);
    const after = (option: string): number =>
      Number(command.args[command.args.indexOf(option) + 1]);
    if (command.args.includes("--restart-epoch")) {
      // As Envoy does: the new one ends its parent in time, and has it end the one before at once.
      endFrom(pid - 2);
      machine.clock.after(
        Temporal.Duration.from({ seconds: after("--parent-shutdown-time-s") }),
        () => endFrom(pid - 1),
      );
    }
    return { identity: { pid, startTicks: "1" }, exited: promise };
  };
  const endFrom = (pid: number): void =>
    machine.alive.get(pid)?.end({ code: 0, signal: undefined });
  const processes: Processes = {
    start,
    run: async ({ command, args }) => {
      const said = args[0] === "--hot-restart-version" ? machine.hotRestartVersion(command) : "";
      const failed = args[0] === "--mode" && machine.refusal !== "";
      const stderr = failed ? machine.refusal : said;
      return { code: failed ? 1 : 0, signal: undefined, stdout: "", stderr };
    },
    alive: async ({ pid, startTicks }) => machine.alive.get(pid)?.startTicks === startTicks,
    signal: async (identity, name) => {
      machine.signals.push(`${name} ${identity.pid}`);
      const gone = { code: 0, signal: undefined };
      if (name === "SIGKILL" || !machine.deaf) machine.alive.get(identity.pid)?.end(gone);
      return true;
    },
  };
  const http: SocketHttp = {
    request: async ({ path: asked, method }) => {
      if (!machine.answers) throw new SocketHttpError("absent", "nobody there");
      if (method === "POST") machine.asked.push(asked);
      const counts = [
        `http.gate.downstream_rq_active: ${machine.requests}`,
        `server.parent_connections: ${machine.parentConnections}`,
        `server.hot_restart_epoch: ${machine.commands.at(-1)?.args.at(-1)}`,
      ];
      const body = counts[asked.includes("parent") ? 1 : asked.includes("epoch") ? 2 : 0];
      return { status: 200, body: `${body}\n` };
    },
  };
  const machine: Machine = {
    ...{ paths: envoyPaths(directory), clock: createManualClock(), processes, http },
    ...{ signals: [], commands: [], asked: [], alive: new Map() },
    ...{ requests: 0, parentConnections: 0, answers: true, deaf: false, refusal: "" },
    hotRestartVersion: () => "11.104",
    end: (status) =>
      machine.alive.get(last)?.end({ code: undefined, signal: undefined, ...status }),
  };
  return machine;
}

export interface Supervised {
  readonly envoy: EnvoyProcess;
  readonly events: EnvoyEvent[];
  /** Resolves when an event of this kind has come (each is counted once). */
  readonly next: <Kind extends EnvoyEvent["kind"]>(
    kind: Kind,
  ) => Promise<Extract<EnvoyEvent, { kind: Kind }>>;
}

/** Runs a supervisor until its Envoy serves (or only runs), and stops it dead: nothing it waits for ever comes. */
export async function superviseAndKill(
  machine: Machine,
  settings: Partial<EnvoyProcessSettings> = {},
  until: "started" | "ready" = "ready",
): Promise<void> {
  const { envoy, next } = supervise({ ...machine, clock: createManualClock() }, settings);
  envoy.start();
  const { identity } = await next("started");
  if (until === "ready") await next("ready");
  else while (!(await readFile(machine.paths.roster, "utf8")).includes("starting")) await turn();
  const end = (): unknown => machine.alive.delete(identity.pid);
  machine.alive.set(identity.pid, { startTicks: identity.startTicks, end });
}

/** A supervisor on a machine, not started. */
export function supervise(
  machine: Machine,
  settings: Partial<EnvoyProcessSettings> = {},
): Supervised {
  const events: EnvoyEvent[] = [];
  const unread: EnvoyEvent[] = [];
  let wake = (): void => undefined;
  const random = { ...createRandom(), fraction: () => 0 };
  const { clock, processes, http, paths } = machine;
  const deps: EnvoyProcessDeps = {
    ...{ clock, random, processes, http },
    ...{ files: createFiles(), log: silentLog },
  };
  const envoy = createEnvoyProcess(deps, {
    ...{ program: "/envoy", version: "1.40.0", paths, bootstrap: new Uint8Array(), concurrency: 1 },
    drain: { longest: Temporal.Duration.from({ seconds: 10 }) },
    ...settings,
    onEvent: (event) => {
      events.push(event);
      unread.push(event);
      wake();
    },
  });
  const next: Supervised["next"] = async (kind) => {
    for (;;) {
      const index = unread.findIndex((event) => event.kind === kind);
      const [event] = index < 0 ? [] : unread.splice(index, 1);
      if (event !== undefined) return event as Extract<EnvoyEvent, { kind: typeof kind }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { envoy, events, next };
}

/** All that can go on without waiting for time has gone on. */
export function turn(): Promise<void> {
  return setImmediate();
}

/** Time passes in steps of 100 ms, so that what sets a new timer is in time for it. */
export async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    await turn();
    await clock.advance({ milliseconds: 100 });
  }
  await turn();
}

/** Time passes until something has happened. */
export async function passUntil<T>(clock: ManualClock, happened: Promise<T>): Promise<T> {
  let over = false;
  void happened.finally(() => {
    over = true;
  });
  while (!over) await pass(clock, 100);
  return await happened;
}

export const kinds = (events: readonly EnvoyEvent[]): readonly string[] =>
  events.map(({ kind }) => kind);
