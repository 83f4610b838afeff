/** Runs one pod: its place, its volumes, its init containers in order, its containers, and its end. */

import type { Json, JsonObject } from "#base/json.ts";
import type { Known } from "#kinds/kind.ts";
import type { Pod } from "#kinds/pod.ts";
import type { Container, PodSpec } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import { FilesError } from "#runtime/files.ts";
import { pause } from "#runtime/pause.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import type { AdoptedPod } from "../adoption/adopted-pod.ts";
import { type ContainerStart, PodRecorder, specHash } from "../adoption/pod-record.ts";
import { logPath } from "../containers/container-logs.ts";
import type { Preparation } from "../containers/container-preparation.ts";
import { ContainerRunner, type Outside } from "../containers/container-runner.ts";
import { type ProgramSettings, prepareStart } from "../containers/container-start.ts";
import type { Values } from "../containers/env.ts";
import { PodVolumes } from "../containers/volumes.ts";
import { Wakeup } from "../controllers/wakeup.ts";
import { type Isolation, IsolationError, type PodPlace } from "../isolation/isolation.ts";
import {
  type PlacingSettings,
  podDirectory,
  podHostname,
  podMark,
  podMarks,
  podRequest,
} from "../isolation/pod-request.ts";
import type { PodFacts } from "./pod-facts.ts";
import { type PodSnapshot, podStatus, restartsBefore } from "./pod-status.ts";

/** What pods have in common. */
export interface NodeSettings extends ProgramSettings, PlacingSettings {
  readonly nodeName: string;
  readonly hostAddress: string;
  /** Changes with every start of the machine. */
  readonly bootId: string;
}

export interface PodJob {
  readonly known: Known<Pod>;
  readonly spec: PodSpec;
  readonly address: string;
  /** Ports that Services send to, beside those the pod declares. */
  readonly servicePorts: readonly number[];
  readonly isolation: Isolation;
  readonly values: Values;
  /** Directory of the containers' output. */
  readonly logDirectory: string;
  /** Called with every new status, never twice with the same. */
  readonly publish: (status: JsonObject) => void;
  /** The pod as an earlier run left it, all of it running. */
  readonly adopted?: AdoptedPod;
}

const openRetry = Temporal.Duration.from({ seconds: 5 });

export class PodRunner {
  readonly #job: PodJob;
  readonly #settings: NodeSettings;
  readonly #outside: Outside;
  readonly #volumes: PodVolumes;
  readonly #directory: string;
  readonly #startedAt: Temporal.Instant;
  readonly #recorder: PodRecorder;
  readonly #stopping = new AbortController();
  /** Something was changed that containers read before they start. */
  readonly #inputs = new Wakeup();
  /** A container changed its state. */
  readonly #progress = new Wakeup();
  readonly #initRunners: (ContainerRunner | undefined)[] = [];
  readonly #runners: (ContainerRunner | undefined)[] = [];
  #place: PodPlace | undefined;
  #initialized = false;
  #finished: PodSnapshot["finished"];
  #waiting: PodSnapshot["waiting"];
  #published: JsonObject | undefined;
  #observed: Json | undefined;
  #main: Promise<void> | undefined;
  readonly #sidecars: Promise<unknown>[] = [];

  constructor(job: PodJob, settings: NodeSettings, outside: Outside) {
    this.#job = job;
    this.#settings = settings;
    this.#outside = outside;
    this.#directory = podDirectory(settings.podsDirectory, job.known.object);
    this.#volumes = new PodVolumes(this.#directory, outside.files);
    const record = job.adopted?.record;
    this.#startedAt =
      record === undefined ? outside.clock.now() : Temporal.Instant.from(record.startedAt);
    this.#recorder = new PodRecorder(
      outside.files,
      this.#directory,
      record ?? {
        bootId: settings.bootId,
        spec: specHash(job.known.object),
        mode: job.isolation.mode,
        address: job.address,
        startedAt: this.#startedAt.toString(),
        starts: {},
      },
    );
    this.#observed = job.known.object.status;
  }

  get job(): PodJob {
    return this.#job;
  }

  /** Where a port of the pod is reached from outside. */
  reach(port: number): number {
    return this.#place?.reach(port) ?? port;
  }

  /** Starts; returns at once. */
  start(): void {
    const { adopted } = this.#job;
    if (adopted !== undefined) this.#takeOver(adopted);
    this.#publish();
    this.#main = (adopted === undefined ? this.#run() : this.#goOn()).catch((error: unknown) => {
      this.#waiting = { reason: "PodFailed", message: String(error) };
      this.#outside.log.error("pod not run", { pod: this.#facts().name, error: String(error) });
      this.#publish();
    });
  }

  /** The pod's status as others see it: conditions that are not ours count for readiness gates. */
  observe(status: Json | undefined): void {
    this.#observed = status;
    this.#publish();
  }

  /** A ConfigMap or Secret of the pod's namespace changed. */
  async changed(): Promise<void> {
    if (this.#place !== undefined && !this.#stopping.signal.aborted) await this.#refreshVolumes();
    this.#inputs.wake();
  }

  /** Stops all containers (at most `mostSeconds` of grace), removes what was made; resolves when nothing is left. */
  async stop(mostSeconds = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopping.abort();
    const grace = Math.min(this.#job.spec.terminationGracePeriodSeconds ?? 30, mostSeconds);
    await Promise.all([...this.#runners].map((runner) => runner?.stop(grace)));
    // Sidecars go after the containers they serve (Kubernetes documentation, "Sidecar containers").
    await Promise.all([...this.#initRunners].map((runner) => runner?.stop(grace)));
    await this.#main;
    await Promise.all(this.#sidecars);
    await this.#place?.close();
    const { uid } = this.#job.known.object.metadata;
    for (const left of await processesWith(this.#outside.files, `${podMark}=${uid}`)) {
      await this.#outside.processes.signal(left, "SIGKILL", "process");
    }
    await this.#outside.files.remove(this.#directory);
  }

  /** All runners as an earlier run left them, before anything is said of the pod. */
  #takeOver(adopted: AdoptedPod): void {
    const { spec } = this.#job;
    this.#place = adopted.place;
    this.#initialized = true;
    for (const [index, container] of usable(spec.initContainers).entries()) {
      this.#initRunners[index] = this.#runner(container, "initContainerStatuses");
    }
    for (const [index, container] of usable(spec.containers).entries()) {
      this.#runners[index] = this.#runner(container, "containerStatuses");
    }
  }

  async #goOn(): Promise<void> {
    for (const runner of this.#initRunners) {
      if (runner?.container.restartPolicy === "Always") this.#sidecars.push(runner.run());
    }
    // What is missing now was there when the containers were started.
    await Promise.all([this.#refreshVolumes(), this.#runContainers()]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#outside.files.makeDirectory(`${this.#directory}/mounts`, 0o700);
    if (!(await this.#open()) || !(await this.#awaitVolumes())) return;
    const failed = await this.#runInits();
    if (failed !== undefined || signal.aborted) {
      if (failed !== undefined) this.#finish(false);
      return;
    }
    this.#initialized = true;
    for (const [index, container] of usable(this.#job.spec.containers).entries()) {
      this.#runners[index] = this.#runner(container, "containerStatuses");
    }
    await this.#runContainers();
  }

  /** Runs all containers to their end, then ends the sidecars. */
  async #runContainers(): Promise<void> {
    const codes = await Promise.all(this.#runners.map((runner) => runner?.run()));
    if (this.#stopping.signal.aborted) return;
    await Promise.all(this.#initRunners.map((runner) => runner?.stop()));
    this.#finish(codes.every((code) => code === 0));
  }

  #finish(succeeded: boolean): void {
    this.#finished = succeeded ? "Succeeded" : "Failed";
    this.#publish();
  }

  async #open(): Promise<boolean> {
    const { signal } = this.#stopping;
    const { known, spec, address, servicePorts } = this.#job;
    const pod = { object: known.object, spec, address, servicePorts };
    while (!signal.aborted) {
      try {
        this.#place = await this.#job.isolation.open(podRequest(pod, this.#settings));
        this.#recorder.placed(this.#place.holder);
        return true;
      } catch (cause) {
        if (!(cause instanceof IsolationError)) throw cause;
        this.#wait("PodPlaceFailed", cause.message);
        await pause(this.#outside.clock, openRetry, signal);
      }
    }
    return false;
  }

  async #awaitVolumes(): Promise<boolean> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const { generation } = this.#inputs;
      const missing = await this.#refreshVolumes();
      if (missing.length === 0) {
        this.#waiting = undefined;
        return true;
      }
      this.#wait("ContainerCreating", missing.join("; "));
      await this.#inputs.after(generation, signal);
    }
    return false;
  }

  async #refreshVolumes(): Promise<readonly string[]> {
    const { spec, values } = this.#job;
    const missing = await this.#volumes.refresh(spec.volumes ?? [], this.#facts(), values);
    return missing.map(({ message }) => message);
  }

  /** The exit code of an init container that failed for good. */
  async #runInits(): Promise<number | undefined> {
    for (const [index, container] of usable(this.#job.spec.initContainers).entries()) {
      if (this.#stopping.signal.aborted) return undefined;
      const runner = this.#runner(container, "initContainerStatuses");
      this.#initRunners[index] = runner;
      if (container.restartPolicy === "Always") {
        this.#sidecars.push(runner.run());
        await this.#awaitStarted(runner);
        continue;
      }
      const code = await runner.run();
      if (this.#stopping.signal.aborted) return undefined;
      if (code !== 0) return code ?? 1;
    }
    return undefined;
  }

  async #awaitStarted(runner: ContainerRunner): Promise<void> {
    const { signal } = this.#stopping;
    while (!runner.started && !signal.aborted) {
      await this.#progress.after(this.#progress.generation, signal);
    }
  }

  #runner(
    container: Container,
    list: "containerStatuses" | "initContainerStatuses",
  ): ContainerRunner {
    const place = this.#place;
    if (place === undefined) throw new Error("a container before its place");
    const { spec, known, address, logDirectory } = this.#job;
    const isSidecar = list === "initContainerStatuses" && container.restartPolicy === "Always";
    const wanted = spec.restartPolicy ?? "Always";
    const isInit = list === "initContainerStatuses";
    const adopted = this.#job.adopted?.containers.get(container.name);
    return new ContainerRunner(
      {
        container,
        address,
        place,
        restartPolicy: isSidecar ? "Always" : isInit && wanted === "Always" ? "OnFailure" : wanted,
        restarts: restartsBefore(known.object.status, list, container.name),
        prepare: () => this.#prepare(container, place),
        logFile: (restart) => logPath(logDirectory, container.name, restart),
        wakeup: this.#inputs,
        graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
        changed: () => {
          this.#progress.wake();
          this.#publish();
        },
        record: (start) => this.#write(container.name, start),
        ...(adopted === undefined ? {} : { adopted }),
      },
      this.#outside,
    );
  }

  /** A start that cannot be written down is still a start: the next run starts the pod anew. */
  async #write(container: string, start: ContainerStart): Promise<void> {
    try {
      await this.#recorder.started(container, start);
    } catch (cause) {
      if (!(cause instanceof FilesError)) throw cause;
      this.#outside.log.warn("a container cannot be taken over by a later run", {
        container,
        error: cause.message,
      });
    }
  }

  async #prepare(container: Container, place: PodPlace): Promise<Preparation> {
    const { logDirectory, values, spec, known } = this.#job;
    await this.#outside.files.makeDirectory(`${logDirectory}/${container.name}`, 0o700);
    return await prepareStart(container, {
      settings: this.#settings,
      place,
      facts: this.#facts(),
      hostname: podHostname(known.object, spec),
      values,
      marks: podMarks(known.object, this.#settings.mark),
      mounts: (env) => this.#volumes.mounts(container, spec.volumes ?? [], env),
    });
  }

  #facts(): PodFacts {
    const { name, namespace, uid, labels, annotations } = this.#job.known.object.metadata;
    const { serviceAccountName, serviceAccount } = this.#job.spec;
    return {
      name,
      namespace,
      uid,
      labels,
      annotations,
      serviceAccountName: serviceAccountName ?? serviceAccount ?? "default",
      nodeName: this.#settings.nodeName,
      podIp: this.#job.address,
      hostIp: this.#settings.hostAddress,
    };
  }

  #wait(reason: string, message: string): void {
    this.#waiting = { reason, message };
    this.#publish();
  }

  #publish(): void {
    const { spec, address, known } = this.#job;
    const { hostAddress } = this.#settings;
    const status = podStatus(
      {
        spec,
        address,
        hostAddress,
        startedAt: this.#startedAt,
        initContainers: this.#initRunners,
        containers: this.#runners,
        initialized: this.#initialized,
        finished: this.#finished,
        waiting: this.#waiting,
        observed: this.#observed,
      },
      this.#published ?? known.object.status,
      this.#outside.clock.now(),
    );
    if (JSON.stringify(status) === JSON.stringify(this.#published)) return;
    this.#published = status;
    this.#job.publish(status);
  }
}
