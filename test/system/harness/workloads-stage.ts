/** Workloads on a real machine for tests: a store in a directory of its own, real processes, and waiting without clocks. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { createNetwork } from "#runtime/network/real-network.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import type { Draft } from "#store/object-store.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { Images } from "#workloads/containers/program.ts";
import { dataMark, dataMarkValue } from "#workloads/data-layout.ts";
import type { IsolationMode } from "#workloads/isolation/isolation.ts";
import { createWorkloads, type Workloads } from "#workloads/workloads.ts";

export const files = createFiles();
const clock = createClock();
const random = createRandom();
const processes = createProcesses();

export const deploymentId = "Deployment.apps";
export const sliceId = "EndpointSlice.discovery.k8s.io";

export interface WorkloadStage extends AsyncDisposable {
  readonly directory: string;
  readonly store: EmbeddedStore;
  readonly workloads: Workloads;
}

export interface StageOptions {
  readonly isolation: IsolationMode;
  readonly images?: Images;
  readonly lag?: boolean;
  /** A directory that exists already; it is not removed in the end. */
  readonly directory?: string;
  /** All that files hold when the workloads start. */
  readonly written?: readonly Draft[];
}

/** Opens a store and starts workloads on it; disposing stops all and checks that no process is left. */
export async function openStage(options: StageOptions): Promise<WorkloadStage> {
  const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), "sekisho-workloads-")));
  const lag = options.lag ?? false;
  const store = await openEmbeddedStore({ files, clock, random }, { directory, lag });
  const { written } = options;
  if (written !== undefined) {
    await store.replaceFiles({ set: written, removed: [], complete: true });
  }
  const workloads = await createWorkloads(
    { store, files, clock, random, processes, network: createNetwork(), log: silentLog },
    {
      dataDirectory: directory,
      images: options.images ?? {},
      nodePath: process.execPath,
      path: process.env["PATH"] ?? "",
      isolation: options.isolation,
    },
  );
  return {
    directory,
    store,
    workloads,
    [Symbol.asyncDispose]: async () => {
      await workloads.stop();
      await store.close();
      const left = await ownProcesses(directory);
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
      assert.deepEqual(left, [], "processes are left");
    },
  };
}

/** Ids of the processes that belong to a data directory. */
export async function ownProcesses(directory: string): Promise<readonly number[]> {
  const found = await processesWith(files, `${dataMark}=${dataMarkValue(directory)}`);
  return found.map(({ pid }) => pid);
}

/** Why a mode cannot be tested here; undefined when it can. */
export async function unavailable(mode: IsolationMode): Promise<string | undefined> {
  await using stage = await openStage({ isolation: mode });
  const found = stage.workloads.isolation;
  return found.mode === mode ? undefined : `${mode}: ${found.reasons.join("; ")}`;
}

/** Resolves with the first value that `look` finds, looking again after every change in the store. */
export async function eventually<T>(
  store: EmbeddedStore,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const over = new AbortController();
  const kinds = ["Pod", "Service", deploymentId, "ReplicaSet.apps", sliceId];
  const { point } = await store.list("Pod");
  const from = Object.fromEntries(kinds.map((kind) => [kind, point]));
  const now = await look();
  if (now !== undefined) return now;
  for await (const _ of store.watch(from, over.signal)) {
    const found = await look();
    if (found === undefined) continue;
    over.abort();
    return found;
  }
  throw new Error("the store was closed while a test waited");
}

export interface Shape {
  readonly replicas: number;
  readonly image?: string;
  readonly container?: JsonObject;
  readonly spec?: JsonObject;
}

/** A Deployment `web` with the label `app: web`, as a file would hold it. */
export function deployment({ replicas, image, container, spec }: Shape): Draft {
  const first = {
    name: "web",
    image: image ?? "nginxdemos/nginx-hello:plain-text",
    ports: [{ name: "http", containerPort: 8080 }],
    ...container,
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    body: {
      spec: {
        replicas,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { terminationGracePeriodSeconds: 5, containers: [first], ...spec },
        },
      },
    },
  };
}

/** A Service `web` in front of it. */
export const service: Draft = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  body: {
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  },
};

/** Takes Deployments and Services as from files. */
export async function write(store: EmbeddedStore, ...set: readonly Draft[]): Promise<void> {
  await store.replaceFiles({ set, removed: [], complete: false });
}

/** Resolves once the rollout of what is written now is done. */
export async function rolledOut(store: EmbeddedStore, replicas: number): Promise<void> {
  const key = { kind: deploymentId, namespace: "default", name: "web" };
  await eventually(store, async () => {
    const object = await store.get(key);
    const status = object?.status as Readonly<Record<string, unknown>> | undefined;
    const done =
      status?.["observedGeneration"] === object?.metadata.generation &&
      status?.["updatedReplicas"] === replicas &&
      status["readyReplicas"] === replicas &&
      status["replicas"] === replicas;
    return done ? true : undefined;
  });
}

/** Pods that are not going, by name. */
export async function livePods(store: EmbeddedStore): Promise<readonly KubeObject[]> {
  const { items } = await store.list("Pod");
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** `http://IP:PORT` of every endpoint that is ready. */
export async function readyUrls(store: EmbeddedStore): Promise<readonly string[]> {
  const { items } = await store.list(sliceId);
  return items.flatMap(({ body }) => {
    const ports = body["ports"] as readonly { readonly port: number }[];
    const endpoints = body["endpoints"] as readonly {
      readonly addresses: readonly string[];
      readonly conditions: { readonly ready: boolean };
    }[];
    return endpoints
      .filter(({ conditions }) => conditions.ready)
      .map(({ addresses }) => `http://${addresses[0]}:${ports[0]?.port}`);
  });
}

/** What is stored in a directory that nobody has open. */
export async function stored(
  directory: string,
  ...kinds: readonly string[]
): Promise<readonly KubeObject[]> {
  const store = await openEmbeddedStore({ files, clock, random }, { directory });
  const lists = await Promise.all(kinds.map((kind) => store.list(kind)));
  await store.close();
  return lists.flatMap(({ items }) => items);
}
