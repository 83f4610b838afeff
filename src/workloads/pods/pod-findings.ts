/** What is worth saying about a pod that runs, or cannot: from its status. */

import type { Finding } from "#base/finding.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Origin } from "#base/origin.ts";
import type { KubeObject } from "#kinds/object.ts";

/** Findings on `origin` (the pod, or the Deployment it belongs to) for containers that wait for something. */
export function podFindings(pod: KubeObject, origin: Origin): readonly Finding[] {
  return (["initContainerStatuses", "containerStatuses"] as const).flatMap((list) =>
    entries(pod.status, list).flatMap((entry) => {
      const waiting = mapping(mapping(entry["state"])?.["waiting"]);
      if (waiting === undefined) return [];
      const finding = waitingFinding(pod, String(entry["name"]), waiting, entry);
      return finding === undefined ? [] : [{ ...finding, origin }];
    }),
  );
}

function waitingFinding(
  pod: KubeObject,
  container: string,
  waiting: JsonObject,
  entry: JsonObject,
): Omit<Finding, "origin"> | undefined {
  const message = String(waiting["message"] ?? "");
  switch (waiting["reason"]) {
    case "CreateContainerConfigError":
      return {
        severity: "error",
        reason: "MissingReference",
        message: `container ${container} waits: ${message}`,
        advice: "add the object or key, or mark the reference optional",
      };
    case "ContainerCreating":
      if (message === "") return undefined;
      return {
        severity: "error",
        reason: "MissingReference",
        message: `the pod's volumes wait: ${message}`,
        advice: "add the object or key, or mark the volume optional",
      };
    case "PodPlaceFailed":
      return {
        severity: "error",
        reason: "PodPlaceFailed",
        message: `the pod has no namespaces: ${message}`,
        advice: "set isolation: none for workloads in sekisho.yaml, or fix what the message names",
      };
    case "CrashLoopBackOff": {
      const last = mapping(mapping(entry["lastState"])?.["terminated"]);
      const { namespace, name } = pod.metadata;
      return {
        severity: "warning",
        reason: "CrashLoopBackOff",
        message: `container ${container} keeps ending, last with exit code ${Number(last?.["exitCode"] ?? 0)}`,
        advice: `see why: sekisho logs --namespace ${namespace} ${name} --container ${container}`,
      };
    }
    default:
      return undefined;
  }
}

function entries(status: Json | undefined, name: string): readonly JsonObject[] {
  const value = mapping(status)?.[name];
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

function mapping(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
