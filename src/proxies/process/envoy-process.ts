/** Keeps one Envoy running: started, watched, started again when it dies, drained when it is told to stop. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { SocketHttp } from "#runtime/http/socket-http.ts";
import { SocketHttpError } from "#runtime/http/socket-http.ts";
import { pause } from "#runtime/pause.ts";
import type { Child, Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { EnvoyAdmin } from "./admin.ts";
import { createEnvoyAdmin } from "./admin.ts";
import type { BackOffSettings } from "./back-off.ts";
import { createBackOff } from "./back-off.ts";
import type { Drained, DrainSettings } from "./drain.ts";
import { drain } from "./drain.ts";
import { endChild } from "./end-process.ts";
import type { EnvoyEvent } from "./envoy-event.ts";
import { EnvoyStarter, type Serving } from "./envoy-starter.ts";
import type { ExitReason } from "./exit-reason.ts";
import { explainExit, explainNoStart } from "./exit-reason.ts";
import type { LaunchSettings } from "./launch.ts";
import type { RotationSettings } from "./logs/log-rotation.ts";
import { createLogRotation, defaultRotation } from "./logs/log-rotation.ts";

export interface EnvoyProcessDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly http: SocketHttp;
  readonly log: Log;
}

export interface EnvoyProcessSettings extends LaunchSettings {
  readonly drain: DrainSettings;
  /** How long the Envoy before a hot restart may go on with what is open. Default 10 min. */
  readonly retirement?: Temporal.Duration;
  readonly rotation?: RotationSettings;
  readonly backOff?: BackOffSettings;
  readonly onEvent: (event: EnvoyEvent) => void;
}

export interface EnvoyProcess {
  /** Starts supervising; what happens is told by events. Called once. */
  readonly start: () => void;
  /** Resolves with the first event: an Envoy runs, or why not. */
  readonly begun: Promise<void>;
  /** Drains and ends Envoy; aborting `hurry` cuts the drain short. Resolves when it is gone. */
  readonly stop: (hurry?: AbortSignal) => Promise<void>;
  readonly admin: EnvoyAdmin;
  /** The Envoy that runs now. */
  readonly identity: () => ProcessIdentity | undefined;
  /** How many run, with those of hot restarts; undefined until it is known which there were. */
  readonly running: () => number | undefined;
}

const rotateEvery = Temporal.Duration.from({ seconds: 5 });
const defaultRetirement = Temporal.Duration.from({ minutes: 10 });

/** An Envoy not yet started. */
export function createEnvoyProcess(
  deps: EnvoyProcessDeps,
  settings: EnvoyProcessSettings,
): EnvoyProcess {
  const begun = Promise.withResolvers<void>();
  const onEvent = (event: EnvoyEvent): void => {
    begun.resolve();
    settings.onEvent(event);
  };
  const supervisor = new EnvoySupervisor(deps, { ...settings, onEvent });
  return {
    start: () => supervisor.start(),
    begun: begun.promise,
    stop: (hurry) => supervisor.stop(hurry),
    admin: supervisor.admin,
    identity: () => supervisor.identity(),
    running: () => supervisor.running(),
  };
}

class EnvoySupervisor {
  readonly admin: EnvoyAdmin;
  readonly #deps: EnvoyProcessDeps;
  readonly #settings: EnvoyProcessSettings;
  readonly #stopping = new AbortController();
  readonly #starter: EnvoyStarter;
  #child: Child | undefined;
  #supervision: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(deps: EnvoyProcessDeps, settings: EnvoyProcessSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.admin = createEnvoyAdmin(deps.http, settings.paths.adminSocket);
    this.#starter = new EnvoyStarter(
      { ...deps, admin: this.admin },
      {
        ...settings,
        retirement: settings.retirement ?? defaultRetirement,
        stopping: this.#stopping.signal,
        attend: (child) => {
          this.#child = child;
        },
      },
    );
  }

  start(): void {
    this.#supervision = this.#supervise();
  }

  stop(hurry?: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(hurry ?? new AbortController().signal);
    return this.#stopped;
  }

  identity(): ProcessIdentity | undefined {
    return this.#child?.identity;
  }

  running(): number | undefined {
    return this.#starter.running;
  }

  async #supervise(): Promise<void> {
    const { clock, random } = this.#deps;
    const backOff = createBackOff(random, this.#settings.backOff);
    while (!this.#stopping.signal.aborted) {
      const startMs = clock.monotonicMs();
      const why = await this.#runOnce(startMs);
      if (this.#stopping.signal.aborted) return;
      this.#emit({ kind: "exited", why });
      if (!why.retryable) return this.#emit({ kind: "gave-up", why });
      const delay = backOff.next(clock.monotonicMs() - startMs);
      this.#emit({ kind: "restarting", delay });
      await pause(clock, delay, this.#stopping.signal);
    }
  }

  /** One Envoy from its start to its end, and why it ended. */
  async #runOnce(startMs: number): Promise<ExitReason> {
    try {
      const serving = await this.#starter.next();
      this.#child = serving.launched.child;
      if (this.#stopping.signal.aborted) await endChild(this.#deps, serving.launched.child);
      return await this.#watch(serving, startMs);
    } catch (cause) {
      if (cause instanceof ProcessError || cause instanceof FilesError) {
        return explainNoStart(cause);
      }
      throw cause;
    } finally {
      this.#child = undefined;
    }
  }

  async #watch({ launched, isReady }: Serving, startMs: number): Promise<ExitReason> {
    const gone = new AbortController();
    if (isReady) this.#emit({ kind: "ready", afterMs: 0 });
    const [status] = await Promise.all([
      launched.child.exited.finally(() => gone.abort()),
      isReady ? undefined : this.#awaitReady(startMs, gone.signal),
      this.#rotateLogs(gone.signal),
    ]);
    await this.#starter.ended(launched.child.identity);
    return explainExit(status, await launched.lastWords());
  }

  /** Looks often at first, then once a second: without configuration it may take long. */
  async #awaitReady(startMs: number, gone: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!gone.aborted && !this.#stopping.signal.aborted) {
      const afterMs = Math.round(clock.monotonicMs() - startMs);
      if (await this.admin.isReady(gone)) {
        if (!gone.aborted) this.#emit({ kind: "ready", afterMs });
        return;
      }
      const milliseconds = Math.min(1000, 20 + Math.round(afterMs / 10));
      await pause(clock, Temporal.Duration.from({ milliseconds }), gone);
    }
  }

  async #rotateLogs(gone: AbortSignal): Promise<void> {
    const { clock, files, log } = this.#deps;
    const { paths, rotation: limits = defaultRotation } = this.#settings;
    const logs = [paths.log, paths.accessLog];
    const rotation = createLogRotation(files, logs, limits, () => this.admin.reopenLogs());
    while (!gone.aborted) {
      await pause(clock, rotateEvery, gone);
      if (gone.aborted) return;
      try {
        await rotation.rotate();
      } catch (cause) {
        if (!(cause instanceof FilesError || cause instanceof SocketHttpError)) throw cause;
        log.warn("cannot put aside Envoy's full logs", { error: cause.message });
      }
    }
  }

  async #stop(hurry: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== undefined) {
      this.#emit({ kind: "draining" });
      await this.#starter.retire(child.identity);
      const drained = await this.#drain(child, hurry);
      this.#emit({ kind: "drained", ...drained });
      await endChild(this.#deps, child);
    }
    this.#starter.retirements.hurry();
    await this.#supervision;
    await this.#starter.retirements.settled();
    this.#emit({ kind: "stopped", status: await child?.exited });
  }

  /** Drains the Envoy that serves; one that retires has as long. */
  async #drain(child: Child, hurry: AbortSignal): Promise<Drained> {
    const gone = new AbortController();
    void child.exited.then(() => gone.abort());
    const soon = AbortSignal.any([hurry, gone.signal]);
    const { clock } = this.#deps;
    const { longest } = this.#settings.drain;
    const [drained] = await Promise.all([
      drain({ clock, admin: this.admin }, this.#settings.drain, soon),
      Promise.race([this.#starter.retirements.idle(soon), pause(clock, longest, soon)]),
    ]);
    return drained;
  }

  #emit(event: EnvoyEvent): void {
    this.#settings.onEvent(event);
  }
}
