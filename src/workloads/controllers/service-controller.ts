/** Keeps a Service's EndpointSlices at what its pods say. Slices that a user wrote are never touched. */

import { endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
import { read } from "#kinds/kind.ts";
import { includesLabels } from "#kinds/label-selector.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { serviceKind } from "#kinds/service.ts";
import { type ControllerDeps, removeOwn } from "./controller.ts";
import { buildEndpointSlices, hasOwnSlices, managedBy, managedByLabel } from "./endpoint-slices.ts";

/** Where a port of a pod is reached. */
export type Reach = (pod: KubeObject, port: number) => number;

/** Brings the slices of one Service up to date. */
export async function syncService(
  deps: ControllerDeps,
  namespace: string,
  name: string,
  reach: Reach,
): Promise<void> {
  const object = deps.view.get(serviceKind.id, namespace, name);
  // Slices of a Service that is gone go by their owner reference.
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
  const service = read(serviceKind, object);
  const existing = deps.view
    .list(endpointSliceKind.id, namespace)
    .filter(
      ({ metadata }) => metadata.labels[serviceNameLabel] === name && isOurs(metadata.labels),
    );
  const pods = selectedPods(deps, object).map((pod) => ({
    pod: read(podKind, pod),
    reach: (port: number) => reach(pod, port),
  }));
  const wanted = hasOwnSlices(service.value) ? buildEndpointSlices(service, pods, existing) : [];
  for (const draft of wanted) deps.view.observe(await deps.store.apply(draft));
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const slice of existing) {
    const isOwned = slice.metadata.ownerReferences.some(({ uid }) => uid === object.metadata.uid);
    if (isOwned && !names.has(slice.metadata.name)) await removeOwn(deps, slice);
  }
}

function isOurs(labels: Readonly<Record<string, string>>): boolean {
  return labels[managedByLabel] === managedBy;
}

/** Pods of the Service's namespace that its selector picks. */
function selectedPods({ view }: ControllerDeps, service: KubeObject): readonly KubeObject[] {
  return view
    .list(podKind.id, service.metadata.namespace)
    .filter((pod) => isSelected(service, pod));
}

/** True when the Service's selector picks the pod; a Service without one picks none. */
export function isSelected(service: KubeObject, pod: KubeObject): boolean {
  if (service.metadata.namespace !== pod.metadata.namespace) return false;
  const selector = read(serviceKind, service).value?.spec?.selector ?? {};
  return Object.keys(selector).length > 0 && includesLabels(pod.metadata.labels, selector);
}
