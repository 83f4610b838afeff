/**
 * Keeps the authorization adapter beside an Envoy running: started, adopted from an earlier run, started again when it
 * dies. While it is down, Envoy lets nobody pass whom it would have to ask about.
 */

import { contentHash } from "#base/content-hash.ts";
import type { Clock } from "#runtime/clock.ts";
import { type Files, FilesError } from "#runtime/files.ts";
import { pause } from "#runtime/pause.ts";
import { adoptChild } from "#runtime/processes/adopted-child.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import {
  type Child,
  ProcessError,
  type Processes,
  type ProcessIdentity,
} from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { EnvoyRoster, identityOf } from "./adoption/envoy-roster.ts";
import { createBackOff } from "./back-off.ts";
import { endChild, endProcess } from "./end-process.ts";
import type { EnvoyPaths } from "./envoy-paths.ts";

export interface AdapterProcessDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly log: Log;
}

export interface AdapterProcessSettings {
  /** Absolute path of what runs it, with the arguments that come first. */
  readonly command: readonly [string, ...string[]];
  /** Of this program: an adapter of another version is replaced. */
  readonly version: string;
  readonly paths: EnvoyPaths;
  /** `node.id` of the Envoy. */
  readonly node: string;
  /** Hears whether it runs. */
  readonly onRunning: (isRunning: boolean) => void;
}

export interface AdapterProcess {
  /** From now on it runs; called again it does nothing. */
  readonly start: () => void;
  /** Starts if one of an earlier run is there: its Envoy may still ask it. */
  readonly startIfLeft: () => Promise<void>;
  /** Ends it; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/** Protected routes are closed for as long as it is away. */
const backOffSettings = {
  first: Temporal.Duration.from({ milliseconds: 100 }),
  longest: Temporal.Duration.from({ seconds: 5 }),
  stableAfter: Temporal.Duration.from({ seconds: 10 }),
};
/** Crashes add to its log; beyond this size it is begun anew. */
const maxLogBytes = 4 * 1024 * 1024;
/** A new one has its policies after so long; the old one answers until then. */
const handOver = Temporal.Duration.from({ seconds: 2 });

/** The variable, as `NAME=value`, that tells whose adapter a process is. */
function adapterMark(paths: EnvoyPaths): string {
  return `SEKISHO_AUTHORIZATION_DIRECTORY=${paths.directory}`;
}

/** An adapter not yet started. */
export function createAdapterProcess(
  deps: AdapterProcessDeps,
  settings: AdapterProcessSettings,
): AdapterProcess {
  const supervisor = new AdapterSupervisor(deps, settings);
  return {
    start: () => supervisor.start(),
    startIfLeft: () => supervisor.startIfLeft(),
    stop: () => supervisor.stop(),
  };
}

/** Ends the adapters that a killed control plane left; which there were. */
export async function endAdapters(
  deps: Pick<AdapterProcessDeps, "clock" | "files" | "processes">,
  paths: EnvoyPaths,
): Promise<readonly ProcessIdentity[]> {
  const left = await processesWith(deps.files, adapterMark(paths));
  await Promise.all(left.map((identity) => endProcess(deps, identity)));
  await deps.files.remove(paths.adapterRoster);
  return left;
}

class AdapterSupervisor {
  readonly #deps: AdapterProcessDeps;
  readonly #settings: AdapterProcessSettings;
  readonly #stopping = new AbortController();
  readonly #roster: EnvoyRoster;
  readonly #fingerprint: string;
  #child: Child | undefined;
  #supervision: Promise<void> | undefined;

  constructor(deps: AdapterProcessDeps, settings: AdapterProcessSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#roster = new EnvoyRoster(deps.files, settings.paths.adapterRoster);
    this.#fingerprint = contentHash(settings.version, ...settings.command, settings.node);
  }

  start(): void {
    this.#supervision ??= this.#supervise();
  }

  async startIfLeft(): Promise<void> {
    const { files } = this.#deps;
    if ((await processesWith(files, adapterMark(this.#settings.paths))).length > 0) this.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#child !== undefined) await endChild(this.#deps, this.#child);
    await this.#supervision;
  }

  async #supervise(): Promise<void> {
    const { clock, random, log } = this.#deps;
    const backOff = createBackOff(random, backOffSettings);
    while (!this.#stopping.signal.aborted) {
      const startMs = clock.monotonicMs();
      try {
        await this.#runOnce();
      } catch (cause) {
        if (!(cause instanceof ProcessError || cause instanceof FilesError)) throw cause;
        log.error("the authorization adapter cannot be started", {
          [logFields.error]: errorText(cause),
        });
      }
      this.#settings.onRunning(false);
      if (this.#stopping.signal.aborted) return;
      log.warn("the authorization adapter ended and is started again");
      await pause(clock, backOff.next(clock.monotonicMs() - startMs), this.#stopping.signal);
    }
  }

  async #runOnce(): Promise<void> {
    const child = await this.#begin();
    this.#child = child;
    this.#settings.onRunning(true);
    if (this.#stopping.signal.aborted) await endChild(this.#deps, child);
    await child.exited;
    this.#child = undefined;
    await this.#roster.remove(child.identity);
  }

  /** The one that runs with just these settings; else a new one, and the others end. */
  async #begin(): Promise<Child> {
    const { files, processes, log } = this.#deps;
    await this.#roster.load();
    const left = await processesWith(files, adapterMark(this.#settings.paths));
    const same = this.#roster.envoys.find(({ fingerprint }) => fingerprint === this.#fingerprint);
    const fit = left.find(({ pid }) => pid === same?.pid);
    const others = left.filter((identity) => identity !== fit);
    if (fit !== undefined && same?.startTicks === fit.startTicks) {
      await this.#kill(others);
      log.info("the authorization adapter of an earlier run goes on", { [logFields.pid]: fit.pid });
      return adoptChild({ clock: this.#deps.clock, processes }, fit);
    }
    for (const entry of this.#roster.envoys) await this.#roster.remove(identityOf(entry));
    const child = await this.#launch();
    if (left.length > 0) await pause(this.#deps.clock, handOver, this.#stopping.signal);
    await this.#kill(left);
    return child;
  }

  /** At once: asked politely, it would remove the socket that its successor listens on. */
  async #kill(others: readonly ProcessIdentity[]): Promise<void> {
    for (const identity of others) {
      await this.#deps.processes.signal(identity, "SIGKILL", "process");
    }
  }

  async #launch(): Promise<Child> {
    const { files, processes } = this.#deps;
    const { command, paths, node } = this.#settings;
    const [program, ...first] = command;
    const log = await files.status(paths.adapterLog);
    if ((log?.bytes ?? 0) > maxLogBytes) await files.remove(paths.adapterLog);
    const [name = "", value = ""] = adapterMark(paths).split(/=(.*)/s);
    const child = await processes.start({
      command: program,
      args: [
        ...first,
        ...["--node", node],
        ...["--socket", paths.authorizationSocket],
        ...["--control-plane", paths.xdsSocket],
      ],
      env: { [name]: value },
      output: { file: paths.adapterLog },
      ownSession: true,
    });
    await this.#roster.add({
      ...{ ...child.identity, fingerprint: this.#fingerprint },
      ...{ epoch: 0, state: "serving" },
    });
    return child;
  }
}
