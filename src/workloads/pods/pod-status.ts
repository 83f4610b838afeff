/** A pod's status from what its containers do, as the kubelet reports it. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { PodSpec } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import { containerId } from "../adoption/adopted-pod.ts";
import type { ContainerRunner } from "../containers/container-runner.ts";
import type { ContainerState } from "../containers/container-state.ts";
import { timestamp } from "../timestamp.ts";

export interface PodSnapshot {
  readonly spec: PodSpec;
  readonly address: string | undefined;
  readonly hostAddress: string;
  readonly startedAt: Temporal.Instant;
  /** By position in the spec; undefined for what was not started yet. */
  readonly initContainers: readonly (ContainerRunner | undefined)[];
  readonly containers: readonly (ContainerRunner | undefined)[];
  readonly initialized: boolean;
  /** Exit codes once all containers have ended for good. */
  readonly finished: "Succeeded" | "Failed" | undefined;
  /** The status as the store shows it: conditions that are not ours are kept. */
  readonly observed: Json | undefined;
  /** Why nothing runs yet. */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
}

/** The status at `now`; times of unchanged conditions are taken over from `previous`. */
export function podStatus(
  snapshot: PodSnapshot,
  previous: Json | undefined,
  now: Temporal.Instant,
): JsonObject {
  const { spec, address } = snapshot;
  const containers = usable(spec.containers);
  const containersReady =
    snapshot.finished === undefined &&
    containers.every((_, index) => snapshot.containers[index]?.ready === true);
  const gates = (spec.readinessGates ?? []).every(
    ({ conditionType }) => conditionOf(snapshot.observed, conditionType)?.["status"] === "True",
  );
  const own = [
    condition("PodScheduled", true),
    condition("Initialized", snapshot.initialized),
    condition("ContainersReady", containersReady, "ContainersNotReady"),
    condition(
      "Ready",
      containersReady && gates,
      containersReady ? "ReadinessGatesNotReady" : "ContainersNotReady",
    ),
  ];
  const names = new Set(own.map(({ type }) => type));
  const foreign = conditions(snapshot.observed).filter(
    (entry) => !names.has(String(entry["type"])),
  );
  const shape = { waiting: snapshot.waiting, started: snapshot.initialized };
  return {
    phase: phaseOf(snapshot),
    conditions: [...own.map((entry) => stamp(entry, previous, now)), ...foreign],
    hostIP: snapshot.hostAddress,
    ...(address === undefined ? {} : { podIP: address, podIPs: [{ ip: address }] }),
    startTime: timestamp(snapshot.startedAt),
    ...(usable(spec.initContainers).length === 0
      ? {}
      : {
          initContainerStatuses: usable(spec.initContainers).map((container, index) =>
            containerStatus(container, snapshot.initContainers[index], shape),
          ),
        }),
    containerStatuses: containers.map((container, index) =>
      containerStatus(container, snapshot.containers[index], shape),
    ),
  };
}

function phaseOf(snapshot: PodSnapshot): string {
  if (snapshot.finished !== undefined) return snapshot.finished;
  const begun = snapshot.containers.some(
    (runner) =>
      runner !== undefined && (runner.state.kind !== "waiting" || runner.lastState !== undefined),
  );
  return snapshot.initialized && begun ? "Running" : "Pending";
}

interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason?: string;
}

function condition(type: string, holds: boolean, reason?: string): Condition {
  if (holds) return { type, status: "True" };
  return { type, status: "False", ...(reason === undefined ? {} : { reason }) };
}

function stamp(entry: Condition, previous: Json | undefined, now: Temporal.Instant): JsonObject {
  const last = conditionOf(previous, entry.type);
  const same = last?.["status"] === entry.status;
  const since = same ? (last?.["lastTransitionTime"] ?? timestamp(now)) : timestamp(now);
  return { ...entry, lastProbeTime: null, lastTransitionTime: since };
}

function containerStatus(
  container: { readonly name: string; readonly image: string },
  runner: ContainerRunner | undefined,
  pod: { readonly waiting: PodSnapshot["waiting"]; readonly started: boolean },
): JsonObject {
  const idle = pod.waiting ?? {
    reason: pod.started ? "ContainerCreating" : "PodInitializing",
    message: "",
  };
  const state = runner?.state ?? { kind: "waiting", ...idle };
  const last = runner?.lastState;
  const hasLast = last !== undefined && last !== state;
  return {
    name: container.name,
    image: container.image,
    imageID: "",
    ready: runner?.ready === true,
    started: runner?.started === true,
    restartCount: runner?.restarts ?? 0,
    state: stateJson(state),
    lastState: hasLast ? stateJson(last) : {},
    ...(state.kind === "running" ? { containerID: containerId(state.pid) } : {}),
  };
}

function stateJson(state: ContainerState): JsonObject {
  switch (state.kind) {
    case "waiting":
      return {
        waiting: {
          reason: state.reason,
          ...(state.message === "" ? {} : { message: state.message }),
        },
      };
    case "running":
      return { running: { startedAt: timestamp(state.startedAt) } };
    case "terminated":
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.reason,
          startedAt: timestamp(state.startedAt),
          finishedAt: timestamp(state.finishedAt),
        },
      };
  }
}

function conditionOf(status: Json | undefined, type: string): JsonObject | undefined {
  return conditions(status).find((entry) => entry["type"] === type);
}

function conditions(status: Json | undefined): readonly JsonObject[] {
  const value = isJsonObject(status) ? (status as JsonObject)["conditions"] : undefined;
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

/** Restarts that an earlier run of the pod counted for a container. */
export function restartsBefore(status: Json | undefined, list: string, name: string): number {
  const value = isJsonObject(status) ? (status as JsonObject)[list] : undefined;
  const entries = Array.isArray(value) ? (value as readonly JsonObject[]) : [];
  const found = entries.find((entry) => entry["name"] === name);
  const hasRun = isJsonObject(found?.["state"]) && !("waiting" in found["state"]);
  const count = Number(found?.["restartCount"] ?? 0);
  return hasRun ? count + 1 : count;
}
