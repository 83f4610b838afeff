/** Which pods of an earlier run go on as they are: all of their processes live, and nothing about them was changed. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Known } from "#kinds/kind.ts";
import { type Pod, podPhase } from "#kinds/pod.ts";
import { type Container, usable } from "#kinds/pod-template.ts";
import { adoptChild } from "#runtime/processes/adopted-child.ts";
import type { Outside } from "../containers/container-runner.ts";
import type { ProgramSettings } from "../containers/container-start.ts";
import type { ContainerState } from "../containers/container-state.ts";
import { findProgram, programId } from "../containers/program.ts";
import type { Isolation, PodPlace, PodRequest } from "../isolation/isolation.ts";
import type { AdoptedContainer } from "./adopted-container.ts";
import { type PodRecord, specHash } from "./pod-record.ts";

export interface AdoptedPod {
  readonly record: PodRecord;
  readonly place: PodPlace;
  readonly containers: ReadonlyMap<string, AdoptedContainer>;
}

export interface AdoptionContext {
  readonly outside: Outside;
  readonly isolation: Isolation;
  readonly settings: ProgramSettings;
  /** What the pod's place was asked for. */
  readonly request: PodRequest;
}

/** The pod as it runs, or why it cannot go on. */
export async function adoptPod(
  known: Known<Pod>,
  record: PodRecord,
  context: AdoptionContext,
): Promise<AdoptedPod | string> {
  const { object, value } = known;
  if (value === undefined) return "its specification cannot be read";
  if (object.metadata.deletionTimestamp !== undefined) return "it is being deleted";
  if (podPhase(object) === "Succeeded" || podPhase(object) === "Failed") return "it has finished";
  if (record.spec !== specHash(object)) return "its specification was changed";
  if (record.mode !== context.isolation.mode) return "pods are isolated in another way now";
  const containers = new Map<string, AdoptedContainer>();
  for (const container of usable(value.spec.initContainers)) {
    const isSidecar = container.restartPolicy === "Always";
    const adopted = isSidecar
      ? await adoptContainer(container, { known, record, list: "initContainerStatuses" }, context)
      : doneContainer(container, object.status);
    if (typeof adopted === "string") return adopted;
    containers.set(container.name, adopted);
  }
  for (const container of usable(value.spec.containers)) {
    const where = { known, record, list: "containerStatuses" } as const;
    const adopted = await adoptContainer(container, where, context);
    if (typeof adopted === "string") return adopted;
    containers.set(container.name, adopted);
  }
  const place = await context.isolation.adopt(context.request, record.holder);
  return place === undefined ? "its namespaces are gone" : { record, place, containers };
}

interface Where {
  readonly known: Known<Pod>;
  readonly record: PodRecord;
  readonly list: "containerStatuses" | "initContainerStatuses";
}

async function adoptContainer(
  container: Container,
  { known, record, list }: Where,
  { outside, settings }: AdoptionContext,
): Promise<AdoptedContainer | string> {
  const start = record.starts[container.name];
  if (start === undefined) return `container ${container.name} was not running`;
  if (!(await outside.processes.alive(start.process))) {
    return `container ${container.name} has ended`;
  }
  const program = findProgram(container, settings.images, settings.nodePath);
  if (program === undefined || programId(program) !== start.program) {
    return `container ${container.name} runs another program now`;
  }
  const status = statusOf(known.object.status, list, container.name);
  // A status of an earlier start says nothing about this one.
  const isOfThisStart = status?.["containerID"] === containerId(start.process.pid);
  return {
    kind: "running",
    child: adoptChild(outside, start.process),
    startedAt: Temporal.Instant.from(start.startedAt),
    restarts: start.restarts,
    ready: isOfThisStart && status?.["ready"] === true,
    started: isOfThisStart ? status?.["started"] === true : container.startupProbe === undefined,
    lastState: terminated(status?.["lastState"]),
  };
}

function doneContainer(container: Container, status: Json | undefined): AdoptedContainer | string {
  const found = statusOf(status, "initContainerStatuses", container.name);
  const state = terminated(found?.["state"]);
  if (state?.kind !== "terminated" || state.exitCode !== 0) {
    return `init container ${container.name} was not done`;
  }
  return { kind: "done", state, restarts: Number(found?.["restartCount"] ?? 0) };
}

/** How a status names the process of a container. */
export function containerId(pid: number): string {
  return `process://${pid}`;
}

function statusOf(status: Json | undefined, list: string, name: string): JsonObject | undefined {
  const value = isJsonObject(status) ? (status as JsonObject)[list] : undefined;
  const entries = Array.isArray(value) ? (value as readonly JsonObject[]) : [];
  return entries.find((entry) => entry["name"] === name);
}

/** The state in a status that we wrote ourselves; undefined when it is another than `terminated`. */
function terminated(state: Json | undefined): ContainerState | undefined {
  const value = isJsonObject(state) ? (state as JsonObject)["terminated"] : undefined;
  if (!isJsonObject(value)) return undefined;
  const { startedAt, finishedAt, exitCode, reason } = value as JsonObject;
  return {
    kind: "terminated",
    startedAt: Temporal.Instant.from(`${startedAt}`),
    finishedAt: Temporal.Instant.from(`${finishedAt}`),
    exitCode: Number(exitCode),
    reason: `${reason}`,
  };
}
