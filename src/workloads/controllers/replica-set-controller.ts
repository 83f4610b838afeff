/** Makes and removes pods until a ReplicaSet has as many as it asks for. */

import type { JsonObject } from "#base/json.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import type { Draft } from "#store/object-store.ts";
import { generatedName, randomTail } from "../object-names.ts";
import { nextAvailable, podState } from "../pods/pod-state.ts";
import {
  type ControllerDeps,
  isOwnedBy,
  podFinalizer,
  removeOwn,
  writeStatus,
} from "./controller.ts";
import { replicaSetStatus } from "./deployment-status.ts";
import { planReplicaSet } from "./replica-set-plan.ts";

/** One step; the moment returned is when time alone changes the status. */
export async function syncReplicaSet(
  deps: ControllerDeps,
  namespace: string,
  name: string,
  nodeName: string,
): Promise<Temporal.Instant | undefined> {
  const object = deps.view.get(replicaSetKind.id, namespace, name);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  const spec = read(replicaSetKind, object).value?.spec;
  if (spec === undefined) return undefined;
  const states = (): ReturnType<typeof podState>[] =>
    deps.view
      .list(podKind.id, namespace)
      .filter((pod) => isOwnedBy(pod, object))
      .map((pod) => podState(pod, spec.minReadySeconds ?? 0, deps.clock.now()));
  const plan = planReplicaSet(spec.replicas ?? 1, states());
  for (const pod of plan.remove) await removeOwn(deps, pod);
  for (let made = 0; made < plan.create; made++) {
    const draft = newPod(object, randomTail(deps.random), nodeName);
    deps.view.observe(await deps.store.create(draft));
  }
  const now = states();
  await writeStatus(deps, object, replicaSetStatus(object, now));
  return nextAvailable(now);
}

function newPod(set: KubeObject, tail: string, nodeName: string): Draft {
  const template = (set.body["spec"] as JsonObject)["template"] as JsonObject;
  const metadata = (template["metadata"] ?? {}) as JsonObject;
  const { name, namespace, uid } = set.metadata;
  return {
    apiVersion: "v1",
    kind: podKind.kind,
    metadata: {
      name: generatedName(name, tail),
      namespace,
      labels: (metadata["labels"] ?? {}) as Record<string, string>,
      annotations: (metadata["annotations"] ?? {}) as Record<string, string>,
      finalizers: [podFinalizer],
      ownerReferences: [
        { apiVersion: "apps/v1", kind: replicaSetKind.kind, name, uid, controller: true },
      ],
    },
    body: { spec: { ...(template["spec"] as JsonObject), nodeName } },
  };
}
