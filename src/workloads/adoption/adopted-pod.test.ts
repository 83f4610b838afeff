import assert from "node:assert/strict";
import test from "node:test";
import type { JsonObject } from "#base/json.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createMemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { findProgram, programId } from "../containers/program.ts";
import { createNoIsolation } from "../isolation/none.ts";
import { podRequest } from "../isolation/pod-request.ts";
import { type AdoptedPod, adoptPod } from "./adopted-pod.ts";
import { type PodRecord, PodRecorder, readPodRecord, specHash } from "./pod-record.ts";

const network = { connect: async () => undefined, getStatus: async () => 200 };
const images = { "my/app": { command: ["app", "serve"] }, "my/other": { command: ["other"] } };
const startedAt = "2026-01-01T00:00:00Z";

function container(name: string, more: JsonObject = {}): JsonObject {
  return { name, image: "my/app", ...more };
}

function pod(spec: JsonObject, status: JsonObject = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name: "web", namespace: "default", uid: "u1", resourceVersion: "7", generation: 1 },
      ...{ labels: {}, annotations: {}, finalizers: [], ownerReferences: [] },
      creationTimestamp: startedAt,
    },
    body: { spec },
    status,
  };
}

const runningStatus = {
  containerStatuses: [
    { name: "web", ready: true, started: true, restartCount: 2, containerID: "process://10" },
  ],
};

const plain = pod({ containers: [container("web")] }, runningStatus);

function recordOf(object: KubeObject, more: Partial<PodRecord> = {}): PodRecord {
  const found = findProgram({ name: "web", image: "my/app" }, images, "/node");
  assert.ok(found !== undefined);
  const start = (pid: number): PodRecord["starts"][string] => ({
    process: { pid, startTicks: "1" },
    restarts: 2,
    startedAt,
    program: programId(found),
  });
  return {
    ...{ bootId: "b", spec: specHash(object), mode: "none", address: "127.9.0.1", startedAt },
    starts: { web: start(10), side: start(11) },
    ...more,
  };
}

/** Adopts where the processes of these numbers live. */
async function adopt(
  object: KubeObject,
  record: PodRecord,
  living: readonly number[] = [10, 11],
): Promise<AdoptedPod | string> {
  const processes: Pick<Processes, "alive"> = {
    alive: async ({ pid, startTicks }: ProcessIdentity) =>
      living.includes(pid) && startTicks === "1",
  };
  const known = read(podKind, object);
  assert.ok(known.value !== undefined);
  const { spec } = known.value;
  return await adoptPod(known, record, {
    outside: {
      ...{ clock: createManualClock(), files: createMemoryFiles(), network, log: silentLog },
      processes: { ...unused, ...processes },
    },
    isolation: createNoIsolation(network, 0),
    settings: { images, nodePath: "/node", path: "" },
    request: podRequest(
      { object, spec, address: record.address, servicePorts: [] },
      { path: "", mark: {}, podsDirectory: "/pods" },
    ),
  });
}

const unused: Processes = {
  start: () => Promise.reject(new Error("nothing is started here")),
  run: () => Promise.reject(new Error("nothing is run here")),
  alive: async () => false,
  signal: async () => false,
};

test("a pod whose programs live goes on with its restarts and its last readiness", async () => {
  const adopted = await adopt(plain, recordOf(plain));
  assert.ok(typeof adopted !== "string", String(adopted));
  const web = adopted.containers.get("web");
  assert.ok(web?.kind === "running");
  const { child, restarts, ready, started } = web;
  assert.deepEqual([child.identity.pid, restarts, ready, started], [10, 2, true, true]);
});

test("a readiness that was said of an earlier start is not carried over", async () => {
  const older = { ...runningStatus.containerStatuses[0], containerID: "process://9" };
  const object = pod({ containers: [container("web")] }, { containerStatuses: [older] });
  const adopted = await adopt(object, recordOf(object));
  const web = typeof adopted === "string" ? undefined : adopted.containers.get("web");
  assert.ok(web?.kind === "running");
  assert.equal(web.ready, false);
});

test("init containers that are done stay so, and sidecars run on", async () => {
  const done = {
    state: { terminated: { exitCode: 0, reason: "Completed", startedAt, finishedAt: startedAt } },
  };
  const object = pod(
    {
      initContainers: [container("init"), container("side", { restartPolicy: "Always" })],
      containers: [container("web")],
    },
    { ...runningStatus, initContainerStatuses: [{ name: "init", restartCount: 0, ...done }] },
  );
  const adopted = await adopt(object, recordOf(object));
  assert.ok(typeof adopted !== "string", String(adopted));
  const kinds = [...adopted.containers].map(([name, { kind }]) => [name, kind]);
  assert.deepEqual(kinds, [
    ["init", "done"],
    ["side", "running"],
    ["web", "running"],
  ]);
});

interface Refused {
  readonly object?: KubeObject;
  readonly record?: PodRecord;
  readonly living?: readonly number[];
  readonly why: RegExp;
}

const changed = pod({ containers: [container("web", { image: "my/other" })] }, runningStatus);
const initial = pod({ initContainers: [container("init")], containers: [container("web")] });
const two = pod({ containers: [container("web"), container("new")] }, runningStatus);
const going = { ...plain, metadata: { ...plain.metadata, deletionTimestamp: startedAt } };

const refusals: Readonly<Record<string, Refused>> = {
  "a program that ended": { living: [], why: /container web has ended/ },
  "a changed specification": {
    object: changed,
    record: recordOf(plain),
    why: /specification was changed/,
  },
  "another program for the same image": {
    object: changed,
    record: recordOf(changed),
    why: /another program/,
  },
  "another isolation": {
    record: recordOf(plain, { mode: "root" }),
    why: /isolated in another way/,
  },
  "a container that was not started": { object: two, why: /container new was not running/ },
  "an init container that was not done": { object: initial, why: /init container init/ },
  "a pod that is being deleted": { object: going, why: /being deleted/ },
  "a pod that has finished": {
    object: pod({ containers: [container("web")] }, { phase: "Failed" }),
    why: /has finished/,
  },
};

for (const [what, { object = plain, record, living, why }] of Object.entries(refusals)) {
  test(`not adopted: ${what}`, async () => {
    const adopted = await adopt(object, record ?? recordOf(object), living);
    assert.match(typeof adopted === "string" ? adopted : "", why);
  });
}

test("a record reads back as it was written; a damaged one is none", async () => {
  const files = createMemoryFiles();
  files.write("/pods/u1/place.log", "");
  const { starts, ...rest } = recordOf(plain);
  const recorder = new PodRecorder(files, "/pods/u1", { ...rest, starts: {} });
  recorder.placed({ pid: 9, startTicks: "3" });
  await Promise.all(Object.entries(starts).map(([name, start]) => recorder.started(name, start)));
  const holder = { pid: 9, startTicks: "3" };
  assert.deepEqual(await readPodRecord(files, "/pods/u1"), { ...rest, starts, holder });
  files.write("/pods/u1/run.json", "{");
  assert.equal(await readPodRecord(files, "/pods/u1"), undefined);
});
