/** What the controllers count of a pod: is it active, ready, available. */

import type { KubeObject } from "#kinds/object.ts";
import { podCondition, podPhase } from "#kinds/pod.ts";

export interface PodState {
  readonly object: KubeObject;
  /** Neither finished nor going. */
  readonly active: boolean;
  readonly ready: boolean;
  /** Ready for as long as `minReadySeconds` asks. */
  readonly available: boolean;
  /** When a ready pod becomes available. */
  readonly availableAt: Temporal.Instant | undefined;
}

/** The state of a pod at `now`. */
export function podState(
  object: KubeObject,
  minReadySeconds: number,
  now: Temporal.Instant,
): PodState {
  const phase = podPhase(object);
  const active =
    object.metadata.deletionTimestamp === undefined && phase !== "Failed" && phase !== "Succeeded";
  const condition = podCondition(object, "Ready");
  const ready = active && condition?.holds === true;
  if (!ready || condition === undefined) {
    return { object, active, ready, available: false, availableAt: undefined };
  }
  if (minReadySeconds === 0 || condition.since === "") {
    return { object, active, ready, available: true, availableAt: undefined };
  }
  const availableAt = Temporal.Instant.from(condition.since).add({ seconds: minReadySeconds });
  const available = Temporal.Instant.compare(availableAt, now) <= 0;
  return { object, active, ready, available, availableAt: available ? undefined : availableAt };
}

export interface PodCounts {
  readonly active: number;
  readonly ready: number;
  readonly available: number;
}

/** How many of the pods are active, ready, available. */
export function countPods(pods: readonly PodState[]): PodCounts {
  return {
    active: pods.filter((pod) => pod.active).length,
    ready: pods.filter((pod) => pod.ready).length,
    available: pods.filter((pod) => pod.available).length,
  };
}

/** The earliest moment at which one of the pods becomes available. */
export function nextAvailable(pods: readonly PodState[]): Temporal.Instant | undefined {
  let next: Temporal.Instant | undefined;
  for (const { availableAt } of pods) {
    if (availableAt === undefined) continue;
    if (next === undefined || Temporal.Instant.compare(availableAt, next) < 0) next = availableAt;
  }
  return next;
}
