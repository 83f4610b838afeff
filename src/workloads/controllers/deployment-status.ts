/** The status of a Deployment and of a ReplicaSet from the pods there are. */

import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Deployment } from "#kinds/deployment.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { PodState } from "../pods/pod-state.ts";
import { countPods } from "../pods/pod-state.ts";
import { timestamp } from "../timestamp.ts";
import type { SetState } from "./rollout.ts";
import { rollingLimits } from "./rollout.ts";

interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** Days in seconds, above which a progress deadline means "never" (`extensions/v1beta1`'s default is MaxInt32). */
const neverSeconds = 2_147_483_647;

/** The Deployment's status at `now`; times of unchanged conditions are taken over from its present status. */
export function deploymentStatus(
  object: KubeObject,
  spec: Deployment["spec"],
  rollout: { readonly current: string; readonly sets: readonly SetState[] },
  now: Temporal.Instant,
): JsonObject {
  const desired = spec.replicas ?? 1;
  const all = countPods(rollout.sets.flatMap((set) => set.pods));
  const fresh = rollout.sets.find((set) => set.hash === rollout.current);
  const updated = countPods(fresh?.pods ?? []);
  const numbers = {
    replicas: all.active,
    updatedReplicas: updated.active,
    readyReplicas: all.ready,
    availableReplicas: all.available,
    unavailableReplicas: Math.max(0, desired - all.available),
  };
  const complete = updated.active === desired && all.active === desired && all.available >= desired;
  const previous = mapping(object.status);
  const moved = Object.entries(numbers).some(([name, value]) => (previous?.[name] ?? 0) !== value);
  const progress = progressing(spec, { complete, moved }, previous, now);
  const conditions = [availability(spec, all.available), progress];
  return {
    observedGeneration: object.metadata.generation,
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0)),
    conditions: conditions.map((entry) => stamp(entry, previous, { now, moved })),
  };
}

/** The moment at which an unfinished rollout misses its deadline; undefined when it has none or is finished. */
export function progressDeadline(
  spec: Deployment["spec"],
  status: JsonObject,
): Temporal.Instant | undefined {
  const seconds = spec.progressDeadlineSeconds ?? 600;
  const last = condition(status, "Progressing");
  if (seconds >= neverSeconds || last?.["reason"] !== "ReplicaSetUpdated") return undefined;
  return Temporal.Instant.from(String(last["lastUpdateTime"])).add({ seconds });
}

function availability(spec: Deployment["spec"], available: number): Condition {
  const least = (spec.replicas ?? 1) - rollingLimits(spec).maxUnavailable;
  return available >= least
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: `at least ${least} pods are available`,
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: `${available} pods are available, ${least} are needed`,
      };
}

function progressing(
  spec: Deployment["spec"],
  state: { readonly complete: boolean; readonly moved: boolean },
  previous: JsonObject | undefined,
  now: Temporal.Instant,
): Condition {
  const type = "Progressing";
  if (state.complete) {
    const message = "all pods are of the current template";
    return { type, status: "True", reason: "NewReplicaSetAvailable", message };
  }
  const seconds = spec.progressDeadlineSeconds ?? 600;
  const last = condition(previous, type);
  const since = last?.["lastUpdateTime"];
  const late =
    !state.moved &&
    seconds < neverSeconds &&
    last?.["reason"] !== "NewReplicaSetAvailable" &&
    typeof since === "string" &&
    Temporal.Instant.compare(Temporal.Instant.from(since).add({ seconds }), now) <= 0;
  if (late) {
    const message = `no progress for ${seconds} seconds`;
    return { type, status: "False", reason: "ProgressDeadlineExceeded", message };
  }
  const message = "pods of the current template are being started";
  return { type, status: "True", reason: "ReplicaSetUpdated", message };
}

function stamp(
  entry: Condition,
  previous: JsonObject | undefined,
  at: { readonly now: Temporal.Instant; readonly moved: boolean },
): JsonObject {
  const last = condition(previous, entry.type);
  const now = timestamp(at.now);
  const same = last?.["status"] === entry.status;
  const unchanged = same && last?.["reason"] === entry.reason;
  const fresh = !unchanged || (entry.type === "Progressing" && at.moved);
  return {
    ...entry,
    lastTransitionTime: same ? (last?.["lastTransitionTime"] ?? now) : now,
    lastUpdateTime: fresh ? now : (last?.["lastUpdateTime"] ?? now),
  };
}

/** The ReplicaSet's status. */
export function replicaSetStatus(object: KubeObject, pods: readonly PodState[]): JsonObject {
  const { active, ready, available } = countPods(pods);
  return {
    observedGeneration: object.metadata.generation,
    replicas: active,
    fullyLabeledReplicas: active,
    readyReplicas: ready,
    availableReplicas: available,
  };
}

function condition(status: Json | undefined, type: string): JsonObject | undefined {
  const conditions = mapping(status)?.["conditions"];
  if (!Array.isArray(conditions)) return undefined;
  return (conditions as readonly JsonObject[]).find((entry) => entry["type"] === type);
}

function mapping(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
