/** Which keys of the work queue a change concerns. */

import { configMapKind } from "#kinds/config-map.ts";
import { deploymentKind } from "#kinds/deployment.ts";
import { endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import { secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";
import type { ObjectView, ViewChange } from "#store/object-view.ts";
import { isSelected } from "./service-controller.ts";

/** The kinds that are watched. */
export const workloadKinds = [
  configMapKind.id,
  secretKind.id,
  serviceKind.id,
  endpointSliceKind.id,
  deploymentKind.id,
  replicaSetKind.id,
  podKind.id,
];

/** Keys of work that is no object of its own. */
export const statusWork = "PodStatus";
export const valuesWork = "Values";

/** In the order in which they should be looked at: endpoints go before the pod that serves them. */
export function affectedKeys(view: ObjectView, change: ViewChange): readonly string[] {
  const { key, before, after } = change;
  const object = after ?? before;
  if (object === undefined) return [];
  switch (key.kind) {
    case configMapKind.id:
    case secretKind.id:
      return [formatKey({ kind: valuesWork, namespace: key.namespace, name: "" })];
    case podKind.id:
      return [...servicesOf(view, before, after), formatKey(key), ...ownersOf(view, object)];
    case replicaSetKind.id:
      return [formatKey(key), ...ownersOf(view, object)];
    case endpointSliceKind.id: {
      const name = object.metadata.labels[serviceNameLabel];
      if (name === undefined) return [];
      return [formatKey({ kind: serviceKind.id, namespace: key.namespace, name })];
    }
    default:
      return [formatKey(key)];
  }
}

/** Services that pick the pod now or picked it before. */
function servicesOf(
  view: ObjectView,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): readonly string[] {
  const pods = [before, after].filter((pod) => pod !== undefined);
  const namespace = pods[0]?.metadata.namespace;
  return view
    .list(serviceKind.id, namespace)
    .filter((service) => pods.some((pod) => isSelected(service, pod)))
    .map((service) => formatKey(keyOf(service)));
}

/** The controllers above an object: a pod's ReplicaSet, and that one's Deployment. */
function ownersOf(view: ObjectView, object: KubeObject): readonly string[] {
  const reference = object.metadata.ownerReferences.find(({ controller }) => controller === true);
  if (reference === undefined) return [];
  const kind = [replicaSetKind, deploymentKind].find((known) => known.kind === reference.kind);
  if (kind === undefined) return [];
  const { namespace } = object.metadata;
  const key = formatKey({ kind: kind.id, namespace, name: reference.name });
  const owner = view.get(kind.id, namespace, reference.name);
  return owner === undefined ? [key] : [key, ...ownersOf(view, owner)];
}
