/** How many pods each ReplicaSet of a Deployment should have next: the arithmetic of kube-controller-manager's deployment controller. */

import type { Deployment } from "#kinds/deployment.ts";
import type { PodState } from "../pods/pod-state.ts";
import { countPods } from "../pods/pod-state.ts";

/** A ReplicaSet of the Deployment. */
export interface SetState {
  /** The value of its `pod-template-hash` label. */
  readonly hash: string;
  /** `spec.replicas`. */
  readonly replicas: number;
  readonly revision: number;
  /** All its pods, those going included. */
  readonly pods: readonly PodState[];
}

export interface Rollout {
  /** Wanted replicas by hash; the current template's set is always among them unless the Deployment is paused before its first rollout. */
  readonly replicas: ReadonlyMap<string, number>;
  /** The revision of the current template's set. */
  readonly revision: number;
  /** Sets beyond `revisionHistoryLimit`, empty ones only. */
  readonly obsolete: readonly string[];
}

/** Plans the next step towards `spec.replicas` pods of the template with hash `current`. */
export function planRollout(
  spec: Deployment["spec"],
  current: string,
  sets: readonly SetState[],
): Rollout {
  const desired = spec.replicas ?? 1;
  const fresh = sets.find((set) => set.hash === current);
  const old = sets
    .filter((set) => set.hash !== current)
    .toSorted((a, b) => a.revision - b.revision);
  const newest = Math.max(0, ...old.map((set) => set.revision));
  const revision = fresh !== undefined && fresh.revision > newest ? fresh.revision : newest + 1;
  const replicas =
    spec.paused === true
      ? planPaused(desired, sets)
      : spec.strategy?.type === "Recreate"
        ? planRecreate(desired, current, fresh, old)
        : planRolling(spec, current, fresh, old);
  return { replicas, revision, obsolete: obsoleteSets(spec, old) };
}

/** Paused: no new template is rolled out, but `replicas` is still followed by the newest set in use. */
function planPaused(desired: number, sets: readonly SetState[]): ReadonlyMap<string, number> {
  const plan = new Map(sets.map((set) => [set.hash, set.replicas]));
  const inUse = sets.filter((set) => set.replicas > 0).toSorted((a, b) => b.revision - a.revision);
  const [leader, ...others] = inUse.length > 0 ? inUse : sets.slice(0, 1);
  if (leader !== undefined) {
    const rest = others.reduce((sum, set) => sum + set.replicas, 0);
    plan.set(leader.hash, Math.max(0, desired - rest));
  }
  return plan;
}

function planRecreate(
  desired: number,
  current: string,
  fresh: SetState | undefined,
  old: readonly SetState[],
): ReadonlyMap<string, number> {
  const plan = new Map(old.map((set) => [set.hash, 0]));
  const oldGone = old.every((set) => set.replicas === 0 && set.pods.every(isOver));
  return plan.set(current, oldGone ? desired : (fresh?.replicas ?? 0));
}

function isOver(pod: PodState): boolean {
  return !pod.active && pod.object.metadata.deletionTimestamp === undefined;
}

function planRolling(
  spec: Deployment["spec"],
  current: string,
  fresh: SetState | undefined,
  old: readonly SetState[],
): ReadonlyMap<string, number> {
  const desired = spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rollingLimits(spec);
  const plan = new Map(old.map((set) => [set.hash, set.replicas]));
  const before = fresh?.replicas ?? 0;
  const total = before + old.reduce((sum, set) => sum + set.replicas, 0);
  const room = Math.max(0, desired + maxSurge - total);
  plan.set(current, before >= desired ? desired : Math.min(desired, before + room));

  const available = countPods(fresh?.pods ?? []).available;
  const least = desired - maxUnavailable;
  let mayGo = Math.max(0, total - least - Math.max(0, before - available));
  const take = (hash: string, most: number): number => {
    const count = Math.max(0, Math.min(most, plan.get(hash) ?? 0));
    plan.set(hash, (plan.get(hash) ?? 0) - count);
    return count;
  };
  // Pods that serve nobody go first: they cost no availability.
  for (const set of old) {
    const broken = set.replicas - countPods(set.pods).available;
    mayGo -= take(set.hash, Math.min(broken, mayGo));
  }
  const serving = old.reduce((sum, set) => sum + countPods(set.pods).available, available);
  let spare = Math.min(mayGo, Math.max(0, serving - least));
  for (const set of old) spare -= take(set.hash, spare);
  return plan;
}

/** maxSurge (rounded up) and maxUnavailable (rounded down); both 0 would never end, then one may be unavailable. */
export function rollingLimits(spec: Deployment["spec"]): {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
} {
  const desired = spec.replicas ?? 1;
  const rolling = spec.strategy?.rollingUpdate;
  const maxSurge = resolveAmount(rolling?.maxSurge ?? "25%", desired, Math.ceil);
  const least = resolveAmount(rolling?.maxUnavailable ?? "25%", desired, Math.floor);
  const maxUnavailable = maxSurge === 0 && least === 0 ? 1 : least;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, desired) };
}

function resolveAmount(
  amount: number | string,
  total: number,
  round: (value: number) => number,
): number {
  if (typeof amount === "number") return Math.max(0, amount);
  const percent = /^(\d+)%$/.exec(amount);
  return percent === null ? 0 : round((Number(percent[1]) * total) / 100);
}

function obsoleteSets(spec: Deployment["spec"], old: readonly SetState[]): readonly string[] {
  const empty = old.filter((set) => set.replicas === 0 && set.pods.length === 0);
  const surplus = Math.max(0, empty.length - (spec.revisionHistoryLimit ?? 10));
  return empty.slice(0, surplus).map((set) => set.hash);
}
