/** Keeps the ReplicaSets of a Deployment at what its rollout asks for next. */

import type { Json, JsonObject } from "#base/json.ts";
import { type Deployment, deploymentKind } from "#kinds/deployment.ts";
import { read } from "#kinds/kind.ts";
import { selects } from "#kinds/label-selector.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import type { Draft } from "#store/object-store.ts";
import { generatedName, nameHash } from "../object-names.ts";
import { nextAvailable, podState } from "../pods/pod-state.ts";
import { type ControllerDeps, draftOf, isOwnedBy, removeOwn, writeStatus } from "./controller.ts";
import { deploymentStatus, progressDeadline } from "./deployment-status.ts";
import { planRollout, type SetState } from "./rollout.ts";

const templateHashLabel = "pod-template-hash";
const revisionAnnotation = "deployment.kubernetes.io/revision";

interface OwnedSet extends SetState {
  readonly object: KubeObject;
}

/** One step; the moment returned is when time alone changes the outcome. */
export async function syncDeployment(
  deps: ControllerDeps,
  namespace: string,
  name: string,
): Promise<Temporal.Instant | undefined> {
  const object = deps.view.get(deploymentKind.id, namespace, name);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  const spec = read(deploymentKind, object).value?.spec;
  if (spec === undefined || !selectsOwnPods(spec)) return undefined;
  const now = deps.clock.now();
  const template = templateOf(object);
  const current = nameHash(template, 10);
  const sets = ownedSets(deps, object, spec.minReadySeconds ?? 0, now);
  const rollout = planRollout(spec, current, sets);
  for (const [hash, replicas] of rollout.replicas) {
    const set = sets.find((entry) => entry.hash === hash);
    if (set === undefined && (hash !== current || spec.paused === true)) continue;
    const revision = hash === current ? rollout.revision : (set?.revision ?? 0);
    if (set?.replicas === replicas && set.revision === revision) continue;
    const draft =
      set === undefined
        ? newSet(object, { template, hash, replicas, revision })
        : changedSet(set.object, replicas, revision);
    deps.view.observe(await deps.store.apply(draft));
  }
  for (const { hash, object: set } of sets) {
    if (rollout.obsolete.includes(hash)) await removeOwn(deps, set);
  }
  const status = deploymentStatus(object, spec, { current, sets }, now);
  await writeStatus(deps, object, status);
  return earliest(progressDeadline(spec, status), nextAvailable(sets.flatMap((set) => set.pods)));
}

/** A selector that misses the template's own labels would make pods without end. */
export function selectsOwnPods(spec: Deployment["spec"]): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  const isEmpty = Object.keys(matchLabels).length + matchExpressions.length === 0;
  return !isEmpty && selects(spec.selector, spec.template.metadata?.labels ?? {});
}

function ownedSets(
  { view }: ControllerDeps,
  object: KubeObject,
  minReadySeconds: number,
  now: Temporal.Instant,
): readonly OwnedSet[] {
  const { namespace } = object.metadata;
  const pods = view.list(podKind.id, namespace);
  return view
    .list(replicaSetKind.id, namespace)
    .filter((set) => isOwnedBy(set, object) && set.metadata.deletionTimestamp === undefined)
    .map((set) => ({
      object: set,
      hash: set.metadata.labels[templateHashLabel] ?? "",
      replicas: read(replicaSetKind, set).value?.spec.replicas ?? 0,
      revision: Number(set.metadata.annotations[revisionAnnotation] ?? 0),
      pods: pods
        .filter((pod) => isOwnedBy(pod, set))
        .map((pod) => podState(pod, minReadySeconds, now)),
    }));
}

/** The template as it was written, so that fields we do not know reach the pods too. */
function templateOf(object: KubeObject): JsonObject {
  return (object.body["spec"] as JsonObject)["template"] as JsonObject;
}

function newSet(
  deployment: KubeObject,
  set: {
    readonly template: JsonObject;
    readonly hash: string;
    readonly replicas: number;
    readonly revision: number;
  },
): Draft {
  const { name, namespace, uid } = deployment.metadata;
  const spec = deployment.body["spec"] as JsonObject;
  const metadata = (set.template["metadata"] ?? {}) as JsonObject;
  const labels = {
    ...(metadata["labels"] as Record<string, string>),
    [templateHashLabel]: set.hash,
  };
  const selector = spec["selector"] as JsonObject;
  const matchLabels = { ...(selector["matchLabels"] as JsonObject), [templateHashLabel]: set.hash };
  return {
    apiVersion: "apps/v1",
    kind: replicaSetKind.kind,
    metadata: {
      name: generatedName(name, set.hash),
      namespace,
      labels,
      annotations: { [revisionAnnotation]: `${set.revision}` },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: deploymentKind.kind, name, uid, controller: true },
      ],
    },
    body: {
      spec: {
        replicas: set.replicas,
        minReadySeconds: (spec["minReadySeconds"] ?? 0) as Json,
        selector: { ...selector, matchLabels },
        template: { ...set.template, metadata: { ...metadata, labels } },
      },
    },
  };
}

function changedSet(set: KubeObject, replicas: number, revision: number): Draft {
  const draft = draftOf(set);
  const annotations = { ...draft.metadata.annotations, [revisionAnnotation]: `${revision}` };
  const spec = { ...(draft.body["spec"] as JsonObject), replicas };
  return {
    ...draft,
    metadata: { ...draft.metadata, annotations },
    body: { ...draft.body, spec },
  };
}

function earliest(
  a: Temporal.Instant | undefined,
  b: Temporal.Instant | undefined,
): Temporal.Instant | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Temporal.Instant.compare(a, b) < 0 ? a : b;
}
