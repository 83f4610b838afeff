/** Runs one container of a pod: starts its program, probes it, starts it again as its policy says, stops it. */

import type { Container, Probe } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Network } from "#runtime/network/network.ts";
import { pause } from "#runtime/pause.ts";
import type { Child, Processes } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { AdoptedContainer } from "../adoption/adopted-container.ts";
import type { ContainerStart } from "../adoption/pod-record.ts";
import type { Wakeup } from "../controllers/wakeup.ts";
import type { PodPlace } from "../isolation/isolation.ts";
import type { ProbeTarget } from "../probes/probe-check.ts";
import { checkProbe, getStatus } from "../probes/probe-check.ts";
import { watchProbe } from "../probes/probe-loop.ts";
import { type Preparation, type Prepared, unprepared } from "./container-preparation.ts";
import { type ContainerState, endOf } from "./container-state.ts";
import { RestartBackoff } from "./restart-backoff.ts";

export interface Outside {
  readonly clock: Clock;
  readonly files: Files;
  readonly network: Network;
  readonly processes: Processes;
  readonly log: Log;
}

export interface ContainerJob {
  readonly container: Container;
  readonly address: string;
  readonly place: PodPlace;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  /** Restarts counted in earlier runs of this pod. */
  readonly restarts: number;
  /** Everything about a start that may change between starts. */
  readonly prepare: () => Promise<Preparation>;
  /** The output file of a start. */
  readonly logFile: (restart: number) => string;
  /** Woken when something {@link ContainerJob.prepare} reads changed. */
  readonly wakeup: Wakeup;
  readonly graceSeconds: number;
  /** Called after every change of what this runner says of itself. */
  readonly changed: () => void;
  /** Writes down a start, so that a later run can take the program over. */
  readonly record: (start: ContainerStart) => Promise<void>;
  /** What an earlier run left of this container. */
  readonly adopted?: AdoptedContainer;
}

type RunningContainer = Extract<AdoptedContainer, { kind: "running" }>;

/** How long a container without a readiness probe may take to open its port before it counts as ready anyway. */
const portPatience = Temporal.Duration.from({ seconds: 5 });
const portInterval = Temporal.Duration.from({ milliseconds: 50 });

export class ContainerRunner {
  readonly #job: ContainerJob;
  readonly #outside: Outside;
  readonly #stopping = new AbortController();
  readonly #backoff = new RestartBackoff();
  #child: Child | undefined;
  #prepared: Prepared | undefined;
  #state: ContainerState = { kind: "waiting", reason: "ContainerCreating", message: "" };
  #lastState: ContainerState | undefined;
  #restarts: number;
  #ready = false;
  #started = false;

  constructor(job: ContainerJob, outside: Outside) {
    this.#job = job;
    this.#outside = outside;
    this.#restarts = job.restarts;
    if (job.adopted !== undefined) this.#restore(job.adopted);
  }

  #restore(adopted: AdoptedContainer): void {
    this.#restarts = adopted.restarts;
    if (adopted.kind === "done") {
      this.#state = adopted.state;
      return;
    }
    const { child, startedAt, ready, started, lastState } = adopted;
    this.#child = child;
    this.#state = { kind: "running", startedAt, pid: child.identity.pid };
    this.#lastState = lastState;
    this.#ready = ready;
    this.#started = started;
  }

  get container(): Container {
    return this.#job.container;
  }
  get state(): ContainerState {
    return this.#state;
  }
  get lastState(): ContainerState | undefined {
    return this.#lastState;
  }
  get restarts(): number {
    return this.#restarts;
  }
  get ready(): boolean {
    return this.#ready;
  }
  get started(): boolean {
    return this.#started;
  }

  /** Runs until the restart policy ends it (the exit code) or {@link ContainerRunner.stop} does (undefined). */
  async run(): Promise<number | undefined> {
    let { adopted } = this.#job;
    for (;;) {
      const began = this.#outside.clock.monotonicMs();
      const exitCode =
        adopted?.kind === "running" ? await this.#resume(adopted) : await this.#execute();
      adopted = undefined;
      if (exitCode === undefined || this.#stopping.signal.aborted) return undefined;
      if (!this.#restartsAfter(exitCode)) return exitCode;
      const wait = this.#backoff.next(this.#outside.clock.monotonicMs() - began);
      if (!(await this.#waitBeforeRestart(wait))) return undefined;
      this.#restarts += 1;
    }
  }

  /** preStop hook, SIGTERM, and SIGKILL after the grace period; resolves when the program has ended. */
  async stop(graceSeconds = this.#job.graceSeconds): Promise<void> {
    this.#stopping.abort();
    await this.#terminate(graceSeconds);
  }

  async #prepare(): Promise<Prepared | undefined> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const { generation } = this.#job.wakeup;
      const prepared = await this.#job.prepare();
      if (signal.aborted) return undefined;
      if (prepared.kind === "ready") return prepared;
      const message = prepared.missing.map((entry) => entry.message).join("; ");
      this.#say({ kind: "waiting", reason: prepared.reason, message });
      await this.#job.wakeup.after(generation, signal);
    }
    return undefined;
  }

  #restartsAfter(exitCode: number): boolean {
    const policy = this.#job.restartPolicy;
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  async #waitBeforeRestart(wait: Temporal.Duration): Promise<boolean> {
    if (wait.total("milliseconds") > 0) {
      const message = `back-off ${wait.total("seconds")}s before the next start`;
      this.#say({ kind: "waiting", reason: "CrashLoopBackOff", message });
    }
    return await pause(this.#outside.clock, wait, this.#stopping.signal);
  }

  /** Goes on with a program that runs already. */
  async #resume({ child, startedAt }: RunningContainer): Promise<number> {
    const prepared = await this.#job.prepare();
    // What it was started with may be gone; it runs, and only commands of its manifest have to do without.
    return await this.#attend(child, startedAt, prepared.kind === "ready" ? prepared : unprepared);
  }

  /** One start from its preparation to its end; undefined when told to stop before. */
  async #execute(): Promise<number | undefined> {
    const prepared = await this.#prepare();
    if (prepared === undefined) return undefined;
    const { clock } = this.#outside;
    const startedAt = clock.now();
    const child = await this.#start(prepared);
    if (child === undefined) {
      // 128: the code the container runtimes give when a program cannot be started.
      return this.#terminated({ startedAt, exitCode: 128, reason: "StartError" });
    }
    this.#child = child;
    await this.#job.record({
      process: child.identity,
      restarts: this.#restarts,
      startedAt: startedAt.toString(),
      program: prepared.program,
    });
    this.#started = this.#job.container.startupProbe === undefined;
    this.#say({ kind: "running", startedAt, pid: child.identity.pid });
    return await this.#attend(child, startedAt, prepared);
  }

  /** Probes a program that runs until it has ended. */
  async #attend(child: Child, startedAt: Temporal.Instant, prepared: Prepared): Promise<number> {
    this.#prepared = prepared;
    const probing = new AbortController();
    const signal = AbortSignal.any([probing.signal, this.#stopping.signal]);
    const probes = this.#probe(prepared, signal);
    // Told to stop while the program was being started: stop() had nobody to signal.
    if (this.#stopping.signal.aborted) await this.#terminate(this.#job.graceSeconds);
    const status = await child.exited;
    probing.abort();
    this.#child = undefined;
    await probes;
    // What the program left behind in its process group has nobody to stop it.
    await this.#outside.processes.signal(child.identity, "SIGKILL", "group");
    return this.#terminated({ startedAt, ...endOf(status) });
  }

  async #start(prepared: Prepared): Promise<Child | undefined> {
    const { command, args, workingDir, mounts, env } = prepared;
    const entered = this.#job.place.enter({ command, args, workingDir }, mounts);
    const output = { file: this.#job.logFile(this.#restarts) };
    try {
      return await this.#outside.processes.start({ ...entered, env, output, ownSession: true });
    } catch (cause) {
      if (!(cause instanceof ProcessError)) throw cause;
      this.#outside.log.warn("container not started", {
        container: this.#job.container.name,
        error: cause.message,
      });
      return undefined;
    }
  }

  #terminated(end: {
    readonly startedAt: Temporal.Instant;
    readonly exitCode: number;
    readonly reason: string;
  }): number {
    this.#ready = false;
    this.#started = false;
    const state = { kind: "terminated", ...end, finishedAt: this.#outside.clock.now() } as const;
    this.#lastState = state;
    this.#say(state);
    return end.exitCode;
  }

  async #probe(prepared: Prepared, signal: AbortSignal): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.#job.container;
    const { clock } = this.#outside;
    if (startupProbe !== undefined && !this.#started)
      await this.#startup(startupProbe, prepared, signal);
    if (signal.aborted) return;
    const loops: Promise<void>[] = [];
    // An adopted program keeps the readiness it had until a probe says otherwise.
    const wasReady = this.#ready;
    if (readinessProbe === undefined) {
      if (!wasReady) loops.push(this.#awaitPort(signal));
    } else {
      const check = this.#checker(readinessProbe, prepared, signal);
      const verdict = (healthy: boolean): void => this.#setReady(healthy);
      const eager = !wasReady;
      loops.push(watchProbe({ probe: readinessProbe, check, verdict, eager }, clock, signal));
    }
    if (livenessProbe !== undefined) {
      const check = this.#checker(livenessProbe, prepared, signal);
      const verdict = (healthy: boolean): void => this.#live(healthy, livenessProbe);
      loops.push(watchProbe({ probe: livenessProbe, check, verdict, eager: false }, clock, signal));
    }
    await Promise.all(loops);
  }

  #checker(probe: Probe, prepared: Prepared, signal: AbortSignal): () => Promise<boolean> {
    const { container, place, address } = this.#job;
    const { env, manifestCommands } = prepared;
    const target: ProbeTarget = { container, place, address, env, manifestCommands };
    return () => checkProbe(probe, target, this.#outside, signal);
  }

  /** Resolves once the startup probe has passed or the container is going. */
  async #startup(probe: Probe, prepared: Prepared, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const verdict = (healthy: boolean): void => {
      if (!healthy) this.#live(false, probe);
      else {
        this.#started = true;
        this.#job.changed();
        over.abort();
      }
    };
    const check = this.#checker(probe, prepared, signal);
    const both = AbortSignal.any([signal, over.signal]);
    await watchProbe({ probe, check, verdict, eager: false }, this.#outside.clock, both);
  }

  #live(healthy: boolean, probe: Probe): void {
    if (healthy) return;
    this.#setReady(false);
    const grace = probe.terminationGracePeriodSeconds ?? this.#job.graceSeconds;
    this.#terminate(grace).catch((error: unknown) => {
      this.#outside.log.error("container not stopped", { error: String(error) });
    });
  }

  /** Without a readiness probe: ready when the first port is open, or after a while in any case. */
  async #awaitPort(signal: AbortSignal): Promise<void> {
    const port = usable(this.#job.container.ports).find(
      (entry) => (entry.protocol ?? "TCP") === "TCP",
    )?.containerPort;
    const { clock } = this.#outside;
    const end = clock.monotonicMs() + portPatience.total("milliseconds");
    while (port !== undefined && clock.monotonicMs() < end) {
      if (await this.#job.place.listens(port, signal)) break;
      if (!(await pause(clock, portInterval, signal))) return;
    }
    if (!signal.aborted) this.#setReady(true);
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    this.#job.changed();
  }

  async #terminate(graceSeconds: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const { clock, processes } = this.#outside;
    const over = new AbortController();
    const ended = child.exited.then(() => over.abort());
    const deadline = clock.sleep(Temporal.Duration.from({ seconds: graceSeconds }), over.signal);
    const kill = deadline.then(
      () => processes.signal(child.identity, "SIGKILL", "group"),
      () => false, // ended before the deadline
    );
    await this.#preStop(over.signal);
    if (!over.signal.aborted) await processes.signal(child.identity, "SIGTERM", "group");
    await Promise.all([ended, kill]);
  }

  async #preStop(signal: AbortSignal): Promise<void> {
    const hook = this.#job.container.lifecycle?.preStop;
    if (hook === undefined) return;
    const { clock, processes } = this.#outside;
    const seconds = hook.sleep?.seconds;
    if (seconds !== undefined) await pause(clock, Temporal.Duration.from({ seconds }), signal);
    if (hook.httpGet !== undefined) {
      const timeout = Temporal.Duration.from({ seconds: this.#job.graceSeconds });
      await getStatus(hook.httpGet, this.#job, this.#outside, { timeout, signal });
    }
    const [command, ...args] = hook.exec?.command ?? [];
    const prepared = this.#prepared;
    if (command === undefined || prepared?.manifestCommands !== true) return;
    const invocation = { command, args, workingDir: prepared.workingDir };
    const entered = this.#job.place.enter(invocation, prepared.mounts);
    try {
      await processes.run({ ...entered, env: prepared.env }, signal);
    } catch (cause) {
      // As in Kubernetes a failing hook does not keep the container from being stopped.
      this.#outside.log.warn("preStop hook failed", { error: String(cause) });
    }
  }

  #say(state: ContainerState): void {
    this.#state = state;
    this.#job.changed();
  }
}
