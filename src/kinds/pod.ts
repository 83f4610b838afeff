/** Pod, v1, and the part of its status that others read. */

import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Parsed } from "#base/schema.ts";
import { fields, required } from "#base/schema.ts";
import type { Kind, Known } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { podSpec, usable } from "./pod-template.ts";

const body = fields({ spec: required(podSpec) });

export type Pod = Parsed<typeof body>;

export const podKind: Kind<Pod> = {
  id: "Pod",
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [],
  columns: [
    { title: "READY", value: readyContainers },
    { title: "STATUS", value: statusText },
    { title: "RESTARTS", value: ({ object }) => `${restarts(object.status)}` },
    { title: "IP", wide: true, value: ({ object }) => podIp(object) ?? "<none>" },
    { title: "NODE", wide: true, value: ({ value }) => value?.spec.nodeName ?? "<none>" },
    { title: "NOMINATED NODE", wide: true, value: () => "<none>" },
    { title: "READINESS GATES", wide: true, value: readinessGates },
  ],
};

/** The pod's address, once it has one. */
export function podIp(object: KubeObject): string | undefined {
  const address = mapping(object.status)?.["podIP"];
  return typeof address === "string" && address !== "" ? address : undefined;
}

/** `Pending`, `Running`, `Succeeded`, `Failed`; a pod without status is pending. */
export function podPhase(object: KubeObject): string {
  const phase = mapping(object.status)?.["phase"];
  return typeof phase === "string" ? phase : "Pending";
}

/** A condition of the pod: is it `True`, and since when (RFC 3339). */
export function podCondition(
  object: KubeObject,
  type: string,
): { readonly holds: boolean; readonly since: string } | undefined {
  const found = entries(object.status, "conditions").find((entry) => entry["type"] === type);
  if (found === undefined) return undefined;
  const since = found["lastTransitionTime"];
  return { holds: found["status"] === "True", since: typeof since === "string" ? since : "" };
}

function readyContainers({ object, value }: Known<Pod>): string {
  const states = entries(object.status, "containerStatuses");
  const ready = states.filter((entry) => entry["ready"] === true).length;
  return `${ready}/${usable(value?.spec.containers).length}`;
}

function restarts(status: Json | undefined): number {
  const all = [
    ...entries(status, "initContainerStatuses"),
    ...entries(status, "containerStatuses"),
  ];
  return all.reduce((sum, entry) => sum + Number(entry["restartCount"] ?? 0), 0);
}

/** What kubectl prints as STATUS (`printers/internalversion`): the most telling reason. */
function statusText({ object }: Known<Pod>): string {
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  const reason = mapping(object.status)?.["reason"];
  let shown = typeof reason === "string" ? reason : podPhase(object);
  const inits = entries(object.status, "initContainerStatuses");
  const pending = inits.findIndex((entry) => !isDone(entry));
  if (pending >= 0) {
    const why = waitingReason(inits[pending]) ?? terminatedReason(inits[pending]);
    return why === undefined || why === "PodInitializing"
      ? `Init:${pending}/${inits.length}`
      : `Init:${why}`;
  }
  for (const entry of entries(object.status, "containerStatuses").toReversed()) {
    shown = waitingReason(entry) ?? terminatedReason(entry) ?? shown;
  }
  return shown;
}

function isDone(entry: JsonObject): boolean {
  if (entry["started"] === true) return true;
  return mapping(mapping(entry["state"])?.["terminated"])?.["exitCode"] === 0;
}

function waitingReason(entry: JsonObject | undefined): string | undefined {
  const reason = mapping(mapping(entry?.["state"])?.["waiting"])?.["reason"];
  return typeof reason === "string" && reason !== "" ? reason : undefined;
}

function terminatedReason(entry: JsonObject | undefined): string | undefined {
  const terminated = mapping(mapping(entry?.["state"])?.["terminated"]);
  if (terminated === undefined) return undefined;
  const reason = terminated["reason"];
  return typeof reason === "string" && reason !== ""
    ? reason
    : `ExitCode:${terminated["exitCode"] ?? 0}`;
}

function readinessGates({ object, value }: Known<Pod>): string {
  const gates = value?.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const met = gates.filter((gate) => podCondition(object, gate.conditionType)?.holds === true);
  return `${met.length}/${gates.length}`;
}

function entries(status: Json | undefined, name: string): readonly JsonObject[] {
  const value = mapping(status)?.[name];
  return Array.isArray(value)
    ? (value as readonly Json[]).filter((entry) => isJsonObject(entry))
    : [];
}

function mapping(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
