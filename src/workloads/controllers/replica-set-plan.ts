/** Which pods a ReplicaSet still needs and which it has too many of. */

import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podIp } from "#kinds/pod.ts";
import type { PodState } from "../pods/pod-state.ts";

export interface ReplicaSetPlan {
  readonly create: number;
  readonly remove: readonly KubeObject[];
}

/** The ones to go first: without an address, not ready, younger, then by name (as kube-controller-manager ranks them). */
const firstToGo = compareInTurn<PodState>(
  (a, b) =>
    compareNumber(Number(podIp(a.object) !== undefined), Number(podIp(b.object) !== undefined)),
  (a, b) => compareNumber(Number(a.ready), Number(b.ready)),
  (a, b) => compareText(b.object.metadata.creationTimestamp, a.object.metadata.creationTimestamp),
  (a, b) => compareText(b.object.metadata.name, a.object.metadata.name),
);

/** What makes `replicas` active pods of these. Finished pods are removed: others took their place. */
export function planReplicaSet(replicas: number, pods: readonly PodState[]): ReplicaSetPlan {
  const active = pods.filter((pod) => pod.active).toSorted(firstToGo);
  const finished = pods.filter(
    (pod) => !pod.active && pod.object.metadata.deletionTimestamp === undefined,
  );
  const surplus = Math.max(0, active.length - replicas);
  return {
    create: Math.max(0, replicas - active.length),
    remove: [...active.slice(0, surplus), ...finished].map((pod) => pod.object),
  };
}
