import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Deployment } from "#kinds/deployment.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { countPods, type PodState } from "../pods/pod-state.ts";
import { deploymentStatus, progressDeadline } from "./deployment-status.ts";
import { planReplicaSet } from "./replica-set-plan.ts";
import { planRollout, rollingLimits, type SetState } from "./rollout.ts";

type Spec = Deployment["spec"];

function spec(given: Partial<Spec>): Spec {
  return {
    selector: {},
    template: { spec: { containers: [] } },
    ...given,
  };
}

let made = 0;

function pod(state: Partial<PodState> & { readonly going?: boolean } = {}): PodState {
  made += 1;
  const name = `p${made}`;
  const going = state.going === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {};
  const metadata = { name, uid: name, ...going };
  const object = storedObject({ apiVersion: "v1", kind: "Pod", metadata, body: {} });
  return { object, active: true, ready: true, available: true, availableAt: undefined, ...state };
}

const fresh = { ready: false, available: false };

function set(
  hash: string,
  replicas: number,
  revision: number,
  pods: readonly PodState[],
): SetState {
  return { hash, replicas, revision, pods };
}

test("limits are rounded as Kubernetes does and never both zero", () => {
  const limits = (
    maxSurge: number | string,
    maxUnavailable: number | string,
    replicas = 3,
  ): unknown =>
    rollingLimits(spec({ replicas, strategy: { rollingUpdate: { maxSurge, maxUnavailable } } }));
  assert.deepEqual(rollingLimits(spec({ replicas: 3 })), { maxSurge: 1, maxUnavailable: 0 });
  assert.deepEqual(limits("50%", "50%"), { maxSurge: 2, maxUnavailable: 1 });
  assert.deepEqual(limits(0, 0), { maxSurge: 0, maxUnavailable: 1 });
  assert.deepEqual(limits(1, 5), { maxSurge: 1, maxUnavailable: 3 });
});

test("the first rollout makes all pods of revision 1 at once", () => {
  const plan = planRollout(spec({ replicas: 3 }), "a", []);
  assert.deepEqual([...plan.replicas], [["a", 3]]);
  assert.equal(plan.revision, 1);
});

test("a new template gets its surge first; an old pod goes only when a new one is available", () => {
  const old = [pod(), pod(), pod()];
  const start = planRollout(spec({ replicas: 3 }), "b", [set("a", 3, 1, old)]);
  assert.deepEqual([...start.replicas].sort(), [
    ["a", 3],
    ["b", 1],
  ]);
  assert.equal(start.revision, 2);
  const waiting = [set("a", 3, 1, old), set("b", 1, 2, [pod(fresh)])];
  assert.deepEqual([...planRollout(spec({ replicas: 3 }), "b", waiting).replicas].sort(), [
    ["a", 3],
    ["b", 1],
  ]);
  const ready = [set("a", 3, 1, old), set("b", 1, 2, [pod()])];
  assert.deepEqual([...planRollout(spec({ replicas: 3 }), "b", ready).replicas].sort(), [
    ["a", 2],
    ["b", 1],
  ]);
});

test("going back to an old template takes up its ReplicaSet under a new revision", () => {
  const sets = [set("a", 0, 1, []), set("b", 3, 2, [pod(), pod(), pod()])];
  const plan = planRollout(spec({ replicas: 3 }), "a", sets);
  assert.equal(plan.revision, 3);
  assert.equal(plan.replicas.get("a"), 1);
});

test("broken old pods make room before working ones", () => {
  const sets = [set("a", 2, 1, [pod(fresh), pod()]), set("b", 1, 2, [pod()])];
  const plan = planRollout(spec({ replicas: 2 }), "b", sets);
  assert.equal(plan.replicas.get("a"), 1);
});

test("Recreate starts nothing new before the last old pod is gone", () => {
  const recreate = spec({ replicas: 2, strategy: { type: "Recreate" } });
  const plan = (sets: readonly SetState[]): unknown =>
    [...planRollout(recreate, "b", sets).replicas].sort();
  assert.deepEqual(plan([set("a", 2, 1, [pod(), pod()])]), [
    ["a", 0],
    ["b", 0],
  ]);
  assert.deepEqual(plan([set("a", 0, 1, [pod({ active: false, going: true })])]), [
    ["a", 0],
    ["b", 0],
  ]);
  assert.deepEqual(plan([set("a", 0, 1, [])]), [
    ["a", 0],
    ["b", 2],
  ]);
});

test("a paused Deployment follows replicas and nothing else", () => {
  const paused = spec({ replicas: 5, paused: true });
  const sets = [set("a", 2, 1, [pod(), pod()]), set("b", 1, 2, [pod()])];
  assert.deepEqual([...planRollout(paused, "c", sets).replicas].sort(), [
    ["a", 2],
    ["b", 3],
  ]);
  assert.deepEqual([...planRollout(paused, "c", []).replicas], []);
});

test("empty ReplicaSets beyond the history limit are obsolete, oldest first", () => {
  const sets = [3, 1, 2].map((revision) => set(`r${revision}`, 0, revision, []));
  const plan = planRollout(spec({ replicas: 1, revisionHistoryLimit: 1 }), "now", sets);
  assert.deepEqual(plan.obsolete, ["r1", "r2"]);
});

test("any rollout ends, never has too many pods, and never too few available ones", () => {
  const amounts = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
  );
  const shapes = fc.record({
    replicas: fc.integer({ min: 0, max: 9 }),
    maxSurge: amounts,
    maxUnavailable: amounts,
  });
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.nat()), ({ replicas, ...rolling }, choices) => {
      const wanted = spec({ replicas, strategy: { rollingUpdate: rolling } });
      const { maxSurge, maxUnavailable } = rollingLimits(wanted);
      const world = new Map<string, { revision: number; replicas: number; pods: PodState[] }>([
        ["a", { revision: 1, replicas, pods: Array.from({ length: replicas }, () => pod()) }],
      ]);
      for (let step = 0; step < 400; step++) {
        const sets = [...world].map(([hash, entry]) =>
          set(hash, entry.replicas, entry.revision, entry.pods),
        );
        const plan = planRollout(wanted, "b", sets);
        for (const [hash, count] of plan.replicas) {
          const revision = hash === "b" ? plan.revision : 1;
          const entry = world.get(hash) ?? { revision, replicas: 0, pods: [] };
          world.set(hash, { ...entry, revision, replicas: count });
        }
        for (const entry of world.values()) {
          const act = planReplicaSet(entry.replicas, entry.pods);
          const gone = new Set(act.remove.map(({ metadata }) => metadata.uid));
          entry.pods = entry.pods.filter(({ object }) => !gone.has(object.metadata.uid));
          for (let count = 0; count < act.create; count++) entry.pods.push(pod(fresh));
        }
        const all = [...world.values()].flatMap(({ pods }) => pods);
        assert.ok(all.length <= Math.max(replicas, replicas + maxSurge), "too many pods");
        assert.ok(countPods(all).available >= replicas - maxUnavailable, "too few available");
        const waiting = all.filter(({ ready }) => !ready);
        const chosen = waiting[(choices.next().value ?? 0) % Math.max(1, waiting.length)];
        for (const entry of world.values()) {
          entry.pods = entry.pods.map((entryPod) =>
            entryPod === chosen ? { ...entryPod, ready: true, available: true } : entryPod,
          );
        }
      }
      assert.deepEqual(
        [...world].map(([hash, entry]) => [hash, entry.pods.length]),
        [
          ["a", 0],
          ["b", replicas],
        ],
      );
    }),
    { numRuns: 100 },
  );
});

test("surplus pods go in the order: without an address or not ready first, then the youngest", () => {
  const ready = pod();
  const broken = pod(fresh);
  const { create, remove } = planReplicaSet(1, [ready, broken, pod({ active: false })]);
  assert.equal(create, 0);
  assert.equal(remove[0], broken.object);
  assert.equal(remove.length, 2);
});

const now = Temporal.Instant.from("2026-01-01T00:00:00Z");

test("the status counts, names conditions, and keeps the time of what did not change", () => {
  const object = pod().object;
  const wanted = spec({ replicas: 2 });
  const sets = [set("a", 2, 1, [pod(), pod(fresh)])];
  const first = deploymentStatus(object, wanted, { current: "a", sets }, now);
  const short = (status: typeof first): unknown =>
    (status["conditions"] as readonly Record<string, string>[]).map((entry) => [
      entry["type"],
      entry["status"],
      entry["reason"],
      entry["lastTransitionTime"],
    ]);
  assert.equal(first["readyReplicas"], 1);
  assert.equal(first["unavailableReplicas"], 1);
  assert.deepEqual(short(first), [
    ["Available", "False", "MinimumReplicasUnavailable", "2026-01-01T00:00:00Z"],
    ["Progressing", "True", "ReplicaSetUpdated", "2026-01-01T00:00:00Z"],
  ]);
  const later = now.add({ seconds: 30 });
  const done = { current: "a", sets: [set("a", 2, 1, [pod(), pod()])] };
  const second = deploymentStatus({ ...object, status: first }, wanted, done, later);
  assert.deepEqual(short(second), [
    ["Available", "True", "MinimumReplicasAvailable", "2026-01-01T00:00:30Z"],
    ["Progressing", "True", "NewReplicaSetAvailable", "2026-01-01T00:00:00Z"],
  ]);
});

test("a rollout without progress misses its deadline, and says when it will", () => {
  const object = pod().object;
  const wanted = spec({ replicas: 1, progressDeadlineSeconds: 60 });
  const rollout = { current: "a", sets: [set("a", 1, 1, [pod(fresh)])] };
  const first = deploymentStatus(object, wanted, rollout, now);
  assert.equal(progressDeadline(wanted, first)?.toString(), "2026-01-01T00:01:00Z");
  const late = deploymentStatus(
    { ...object, status: first },
    wanted,
    rollout,
    now.add({ seconds: 60 }),
  );
  const progress = (late["conditions"] as readonly Record<string, string>[])[1];
  assert.equal(progress?.["reason"], "ProgressDeadlineExceeded");
  assert.equal(progressDeadline(wanted, late), undefined);
});
