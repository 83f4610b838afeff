/** Runs the Deployments, ReplicaSets and Pods of a store as local processes, and tells Services where they are. */

import type { Finding, FindingChange } from "#base/finding.ts";
import { deploymentKind } from "#kinds/deployment.ts";
import { formatKey, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";
import { podIp, podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Files } from "#runtime/files.ts";
import { bootId } from "#runtime/processes/process-table.ts";
import type { Random } from "#runtime/random.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { ObjectView } from "#store/object-view.ts";
import { AddressPool, addressBlock, firstAddress, trialAddress } from "./addresses.ts";
import {
  type EarlierRunSettings,
  type PodRecords,
  readEarlierRun,
  takeOverPods,
} from "./adoption/earlier-run.ts";
import { type LogReading, readLog, rotateLogs } from "./containers/container-logs.ts";
import type { Outside } from "./containers/container-runner.ts";
import type { Images } from "./containers/program.ts";
import { affectedKeys, statusWork, valuesWork, workloadKinds } from "./controllers/affected.ts";
import type { ControllerDeps } from "./controllers/controller.ts";
import { syncDeployment } from "./controllers/deployment-controller.ts";
import { PodController } from "./controllers/pod-controller.ts";
import { syncReplicaSet } from "./controllers/replica-set-controller.ts";
import { syncService } from "./controllers/service-controller.ts";
import { WorkQueue } from "./controllers/work-queue.ts";
import {
  type DataLayout,
  dataLayout,
  dataMark,
  dataMarkValue,
  dataMarkVariable,
  findLogs,
  podLogDirectory,
  readNextAddress,
} from "./data-layout.ts";
import { FindingsBoard } from "./findings-board.ts";
import { detectIsolation } from "./isolation/detect.ts";
import type { Isolation, IsolationMode } from "./isolation/isolation.ts";
import { endLeftovers } from "./leftovers.ts";

export interface WorkloadDeps extends Outside {
  readonly store: ObjectStore;
  readonly random: Random;
}

export interface WorkloadSettings {
  /** Absolute; this process alone uses it. */
  readonly dataDirectory: string;
  /** `images:` of sekisho.yaml. */
  readonly images: Images;
  /** The Node binary that runs stand-ins. */
  readonly nodePath: string;
  /** PATH of the programs. */
  readonly path: string;
  /** `auto`: the strongest that works here. */
  readonly isolation: "auto" | IsolationMode;
  /** Between the removal of a pod's endpoints and its SIGTERM. Default 500 ms. */
  readonly drainDelay?: Temporal.Duration;
  /** The most grace a pod gets when all are stopped. Default 10 s. */
  readonly stopSeconds?: number;
  /** Called after the findings changed. */
  readonly findingsChanged?: (change: FindingChange) => void;
}

export interface Workloads {
  /** Which isolation was found, and why the stronger ones do not work here. */
  readonly isolation: { readonly mode: IsolationMode; readonly reasons: readonly string[] };
  readonly findings: () => readonly Finding[];
  /** A container's output; `container` may be left out when there is one. Nothing for a pod that never ran. */
  readonly logs: (
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    reading: LogReading,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
  /** Resolves when nothing is left to do at this moment: for tests and for `ready`. */
  readonly settled: () => Promise<void>;
  /** Stops every pod; the objects stay, so that the next run has the same pods. */
  readonly stop: () => Promise<void>;
}

const nodeName = "sekisho";
const hostAddress = "127.0.0.1";

/**
 * Starts: takes over what an earlier run left or ends it, finds out what this machine allows, and returns once every pod that was
 * there has a true status. Throws StoreError and FilesError.
 */
export async function createWorkloads(
  deps: WorkloadDeps,
  settings: WorkloadSettings,
): Promise<Workloads> {
  const layout = dataLayout(settings.dataDirectory);
  const mark = { [dataMark]: dataMarkValue(settings.dataDirectory) };
  const variable = dataMarkVariable(settings.dataDirectory);
  const earlier = { podsDirectory: layout.pods, variable };
  const records = await readEarlierRun(deps, earlier);
  await deps.files.makeDirectory(layout.pods, 0o700);
  await deps.files.makeDirectory(layout.logs, 0o700);
  const block = addressBlock(settings.dataDirectory);
  const detected = await findIsolation(deps, settings, { layout, block, mark });
  const next = await readNextAddress(deps.files, layout);
  const addresses = new AddressPool(block, next ?? firstAddress(settings.dataDirectory));
  const runtime = new WorkloadRuntime(deps, settings, {
    layout,
    mark,
    addresses,
    isolation: detected.isolation,
    firstFreePort: detected.firstFreePort,
    bootId: await bootId(deps.files),
  });
  await runtime.start(earlier, records);
  return {
    isolation: { mode: detected.isolation.mode, reasons: detected.reasons },
    findings: () => runtime.findings(),
    logs: (pod, reading, signal) => podLogs(deps, settings.dataDirectory, { pod, reading }, signal),
    settled: () => runtime.settled(),
    stop: async () => {
      await runtime.stop();
      await endLeftovers(deps, variable);
    },
  };
}

async function findIsolation(
  deps: WorkloadDeps,
  settings: WorkloadSettings,
  base: {
    readonly layout: DataLayout;
    readonly block: string;
    readonly mark: Readonly<Record<string, string>>;
  },
): ReturnType<typeof detectIsolation> {
  const { trial } = base.layout;
  await deps.files.makeDirectory(`${trial}/mounts`, 0o700);
  const found = await detectIsolation(deps, {
    wanted: settings.isolation,
    block: base.block,
    nodePath: settings.nodePath,
    trial: {
      uid: `trial-${dataMarkValue(settings.dataDirectory)}`,
      address: trialAddress(settings.dataDirectory),
      hostname: "trial",
      env: { PATH: settings.path, ...base.mark },
      logFile: `${trial}/place.log`,
      mountRoom: `${trial}/mounts`,
    },
  });
  await deps.files.remove(trial);
  return found;
}

async function* podLogs(
  outside: Outside,
  dataDirectory: string,
  asked: {
    readonly pod: {
      readonly namespace: string;
      readonly name: string;
      readonly container?: string;
    };
    readonly reading: LogReading;
  },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const found = await findLogs(outside.files, dataDirectory, asked.pod);
  const container = asked.pod.container ?? [...found.keys()][0] ?? "";
  const directory = found.get(container);
  if (directory !== undefined) yield* readLog(outside, directory, asked.reading, signal);
}

interface RuntimeParts {
  readonly layout: DataLayout;
  readonly mark: Readonly<Record<string, string>>;
  readonly addresses: AddressPool;
  readonly isolation: Isolation;
  readonly firstFreePort: number;
  readonly bootId: string;
}

/** The controllers and what connects them. */
class WorkloadRuntime {
  readonly #deps: ControllerDeps;
  readonly #outside: Outside;
  readonly #settings: WorkloadSettings;
  readonly #parts: RuntimeParts;
  readonly #view: ObjectView;
  readonly #queue: WorkQueue;
  readonly #pods: PodController;
  readonly #board: FindingsBoard;
  readonly #closing = new AbortController();
  /** What is to be done once everything was listed; undefined from then on. */
  #early: string[] | undefined = [];
  #background: readonly Promise<void>[] = [];

  constructor(deps: WorkloadDeps, settings: WorkloadSettings, parts: RuntimeParts) {
    this.#outside = deps;
    this.#settings = settings;
    this.#parts = parts;
    const { images } = settings;
    const findingsChanged = settings.findingsChanged ?? (() => undefined);
    const { isolation, firstFreePort } = parts;
    const context = { images, mode: isolation.mode, firstFreePort };
    this.#board = new FindingsBoard(context, findingsChanged);
    this.#view = new ObjectView(deps.store, workloadKinds, (change) => {
      this.#board.update(this.#view, change);
      const keys = affectedKeys(this.#view, change);
      // Before everything was listed, a controller would take what it does not know yet for missing.
      if (this.#early === undefined) for (const key of keys) this.#queue.add(key);
      else this.#early.push(...keys);
    });
    const { store, clock, random } = deps;
    this.#deps = { store, clock, random, view: this.#view };
    this.#queue = new WorkQueue((key) => this.#sync(key), clock, deps.log);
    this.#pods = this.#createPods(deps);
  }

  async start(earlier: EarlierRunSettings, records: PodRecords): Promise<void> {
    const from = await this.#view.load();
    for (const pod of this.#view.list(podKind.id)) {
      const address = podIp(pod);
      if (address !== undefined) this.#parts.addresses.reserve(address);
    }
    // Before any controller looks: none may see a pod that runs as one that does not.
    await takeOverPods(this.#outside, earlier, this.#view.list(podKind.id), {
      records,
      isolation: this.#parts.isolation,
      programs: this.#settings,
      placeRequest: (known, spec, address) => this.#pods.placeRequest(known, spec, address),
      adopt: (object, adopted) => this.#pods.adopt(object, adopted),
    });
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const key of early) this.#queue.add(key);
    await this.#queue.idle();
    const { signal } = this.#closing;
    const tasks = [
      this.#view.follow(from, signal),
      rotateLogs(this.#outside, this.#parts.layout.logs, signal),
    ];
    this.#background = tasks.map((task) =>
      task.catch((error: unknown) => {
        this.#outside.log.error("workloads are not followed any more", { error: String(error) });
      }),
    );
  }

  findings(): readonly Finding[] {
    return this.#board.all();
  }

  async settled(): Promise<void> {
    await this.#queue.idle();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#queue.close();
    await this.#pods.close(this.#settings.stopSeconds ?? 10);
    await Promise.all(this.#background);
    await this.#outside.files.remove(this.#parts.layout.pods);
  }

  #createPods(deps: WorkloadDeps): PodController {
    const { images, nodePath, path } = this.#settings;
    const { layout, mark, addresses, isolation } = this.#parts;
    return new PodController({
      deps: this.#deps,
      outside: deps,
      settings: {
        ...{ images, nodePath, path, nodeName, hostAddress, mark },
        ...{ podsDirectory: layout.pods, bootId: this.#parts.bootId },
      },
      isolation,
      addresses,
      keepAddresses: () => keepAddresses(deps.files, layout, addresses),
      logDirectory: (pod) => podLogDirectory(layout, pod),
      drainDelay: this.#settings.drainDelay ?? Temporal.Duration.from({ milliseconds: 500 }),
      again: (pod, what) => this.#queue.add(workKey(pod, what)),
    });
  }

  async #sync(text: string): Promise<Temporal.Instant | undefined> {
    const { kind, namespace, name } = parseKey(text);
    switch (kind) {
      case deploymentKind.id:
        return await syncDeployment(this.#deps, namespace, name);
      case replicaSetKind.id:
        return await syncReplicaSet(this.#deps, namespace, name, nodeName);
      case serviceKind.id:
        await syncService(this.#deps, namespace, name, (pod, port) => this.#pods.reach(pod, port));
        return undefined;
      case podKind.id:
        await this.#pods.sync(namespace, name);
        return undefined;
      case statusWork:
        await this.#pods.syncStatus(namespace, name);
        return undefined;
      case valuesWork:
        await this.#pods.valuesChanged(namespace);
        return undefined;
      default:
        return undefined;
    }
  }
}

function workKey(pod: KubeObject, what: "pod" | "status"): string {
  const key = keyOf(pod);
  return formatKey(what === "pod" ? key : { ...key, kind: statusWork });
}

async function keepAddresses(
  files: Files,
  layout: DataLayout,
  addresses: AddressPool,
): Promise<void> {
  await files.replace(layout.addresses, `${addresses.next}\n`, 0o600);
}
