/** EndpointSlices of a Service from the readiness of its pods, as kube-controller-manager makes them. */

import type { Json, JsonObject } from "#base/json.ts";
import { endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
import type { Known } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Pod } from "#kinds/pod.ts";
import { podCondition, podIp, podPhase } from "#kinds/pod.ts";
import { usable } from "#kinds/pod-template.ts";
import type { Service, ServicePort } from "#kinds/service.ts";
import type { Draft } from "#store/object-store.ts";
import { canonicalText, generatedName, nameHash } from "../object-names.ts";

/** Which slices are ours: the label's value is the one kube-controller-manager uses. */
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";
/** kube-controller-manager's `--max-endpoints-per-slice`. */
const maxEndpoints = 100;

/** A pod as the slices see it. */
export interface PodAddress {
  readonly pod: Known<Pod>;
  /** Where a port of the pod is reached on its address: another one when a low port had to be moved. */
  readonly reach: (port: number) => number;
}

/** True for Services whose slices we make; the others are the user's business. */
export function hasOwnSlices(service: Service | undefined): boolean {
  const spec = service?.spec;
  return spec?.type !== "ExternalName" && Object.keys(spec?.selector ?? {}).length > 0;
}

/** The slices a Service should have. `existing` are those it has: endpoints stay in the slice they are in. */
export function buildEndpointSlices(
  service: Known<Service>,
  pods: readonly PodAddress[],
  existing: readonly KubeObject[],
): readonly Draft[] {
  const groups = groupByPorts(service, pods);
  if (groups.length === 0) groups.push({ ports: [], pods: [] });
  return groups.flatMap((group) => slicesOf(service, group, existing));
}

interface Group {
  readonly ports: readonly JsonObject[];
  readonly pods: PodAddress[];
}

function groupByPorts(service: Known<Service>, pods: readonly PodAddress[]): Group[] {
  const groups = new Map<string, Group>();
  for (const entry of pods) {
    const phase = podPhase(entry.pod.object);
    if (podIp(entry.pod.object) === undefined || phase === "Failed" || phase === "Succeeded")
      continue;
    const ports = (service.value?.spec?.ports ?? []).flatMap((port) => resolvePort(port, entry));
    const key = canonicalText(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(entry);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A Service port on one pod; nothing when the pod has no port of the name asked for. */
function resolvePort(port: ServicePort, entry: PodAddress): readonly JsonObject[] {
  const protocol = port.protocol ?? "TCP";
  const target = port.targetPort ?? port.port;
  const number =
    typeof target === "number" ? target || port.port : namedPort(entry, target, protocol);
  if (number === undefined) return [];
  return [
    {
      name: port.name ?? "",
      port: entry.reach(number),
      protocol,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    },
  ];
}

function namedPort(entry: PodAddress, name: string, protocol: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  for (const container of usable(entry.pod.value?.spec.containers)) {
    const found = usable(container.ports).find(
      (port) => port.name === name && (port.protocol ?? "TCP") === protocol,
    );
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

function slicesOf(
  service: Known<Service>,
  group: Group,
  existing: readonly KubeObject[],
): readonly Draft[] {
  const { name, uid } = service.object.metadata;
  const nameAt = (index: number): string =>
    generatedName(name, nameHash([uid, group.ports, index], 5));
  return spread(group, existing, nameAt).map((pods, index) =>
    draft(service, nameAt(index), group.ports, pods),
  );
}

/** Pods over slices: each stays where it is listed, new ones go where there is room first. */
function spread(
  group: Group,
  existing: readonly KubeObject[],
  nameAt: (index: number) => string,
): readonly (readonly PodAddress[])[] {
  const most = Math.max(1, Math.ceil(group.pods.length / maxEndpoints));
  const slices: PodAddress[][] = Array.from({ length: most }, () => []);
  const homes = new Map<string, number>();
  for (let index = 0; index < most; index++) {
    const slice = existing.find((object) => object.metadata.name === nameAt(index));
    for (const uid of targetUids(slice)) homes.set(uid, index);
  }
  const homeless: PodAddress[] = [];
  for (const entry of group.pods) {
    const home = slices[homes.get(entry.pod.object.metadata.uid) ?? -1];
    if (home !== undefined && home.length < maxEndpoints) home.push(entry);
    else homeless.push(entry);
  }
  for (const entry of homeless) slices.find((slice) => slice.length < maxEndpoints)?.push(entry);
  return slices;
}

function targetUids(slice: KubeObject | undefined): readonly string[] {
  const endpoints = slice?.body["endpoints"];
  if (!Array.isArray(endpoints)) return [];
  return (endpoints as readonly JsonObject[]).flatMap((endpoint) => {
    const uid = (endpoint["targetRef"] as JsonObject | undefined)?.["uid"];
    return typeof uid === "string" ? [uid] : [];
  });
}

function draft(
  service: Known<Service>,
  name: string,
  ports: readonly JsonObject[],
  pods: readonly PodAddress[],
): Draft {
  const { metadata } = service.object;
  const headless = service.value?.spec?.clusterIP === "None";
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: endpointSliceKind.kind,
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: {
        ...metadata.labels,
        [serviceNameLabel]: metadata.name,
        [managedByLabel]: managedBy,
        ...(headless ? { [headlessLabel]: "" } : {}),
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
        },
      ],
    },
    body: { addressType: "IPv4", endpoints: pods.map((entry) => endpoint(service, entry)), ports },
  };
}

function endpoint(service: Known<Service>, entry: PodAddress): JsonObject {
  const { object, value } = entry.pod;
  const serving = podCondition(object, "Ready")?.holds === true;
  const terminating = object.metadata.deletionTimestamp !== undefined;
  const always = service.value?.spec?.publishNotReadyAddresses === true;
  const spec = value?.spec;
  const named = spec?.hostname !== undefined && spec.subdomain === service.object.metadata.name;
  const result: Record<string, Json> = {
    addresses: [podIp(object) ?? ""],
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    targetRef: {
      kind: "Pod",
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      uid: object.metadata.uid,
    },
  };
  if (spec?.nodeName !== undefined) result["nodeName"] = spec.nodeName;
  if (named) result["hostname"] = spec?.hostname ?? "";
  return result;
}
