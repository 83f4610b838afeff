/** Service, v1 (Kubernetes API reference, "Service v1"). */

import {
  anything,
  boolean,
  fields,
  integer,
  integerOrText,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import type { FieldWithoutEffect, Kind, Known } from "./kind.ts";
import { addresses } from "./load-balancer-status.ts";

const port = fields({
  name: optional(text),
  protocol: optional(oneOf("TCP", "UDP", "SCTP")),
  appProtocol: optional(text),
  port: required(integer(1, 65535)),
  targetPort: optional(integerOrText),
  nodePort: optional(integer(0, 65535)),
});

const spec = fields({
  type: optional(oneOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")),
  selector: optional(mapOf(text)),
  ports: optional(list(port)),
  clusterIP: optional(text),
  clusterIPs: optional(list(text)),
  externalName: optional(text),
  publishNotReadyAddresses: optional(boolean),
  ipFamilies: optional(list(text)),
  ipFamilyPolicy: optional(text),
  sessionAffinity: optional(text),
  sessionAffinityConfig: optional(anything),
  externalTrafficPolicy: optional(text),
  internalTrafficPolicy: optional(text),
  trafficDistribution: optional(text),
  externalIPs: optional(list(text)),
  loadBalancerIP: optional(text),
  loadBalancerClass: optional(text),
  loadBalancerSourceRanges: optional(list(text)),
  allocateLoadBalancerNodePorts: optional(boolean),
  healthCheckNodePort: optional(integer(0, 65535)),
});

const body = fields({ spec: optional(spec) });

export type Service = Parsed<typeof body>;
export type ServicePort = Parsed<typeof port>;

const toGate = "the gate reaches the endpoints of a Service directly, not through its address";

const noBalancer = "no load balancer stands in front of a backend Service";
const inCluster = "remove the field, or keep it for the cluster";

const withoutEffect: readonly FieldWithoutEffect[] = [
  {
    path: "spec.sessionAffinity",
    harmless: ["None"],
    reason: toGate,
    advice: "expect requests of one client to reach different pods",
  },
  {
    path: "spec.sessionAffinityConfig",
    reason: toGate,
    advice: "expect requests of one client to reach different pods",
  },
  {
    path: "spec.externalTrafficPolicy",
    harmless: ["Cluster"],
    reason: toGate,
    advice: "remove the field, or keep it for the cluster's own traffic",
  },
  {
    path: "spec.internalTrafficPolicy",
    harmless: ["Cluster"],
    reason: toGate,
    advice: "remove the field, or keep it for the cluster's own traffic",
  },
  {
    path: "spec.trafficDistribution",
    reason: toGate,
    advice: "expect requests to be spread over all endpoints",
  },
  {
    path: "spec.loadBalancerSourceRanges",
    reason: noBalancer,
    advice: "limit who may connect to the gate with allowedClients in sekisho.yaml",
  },
  {
    path: "spec.loadBalancerIP",
    reason: noBalancer,
    advice: inCluster,
  },
  { path: "spec.loadBalancerClass", reason: noBalancer, advice: inCluster },
  {
    path: "spec.allocateLoadBalancerNodePorts",
    harmless: [true],
    reason: noBalancer,
    advice: inCluster,
  },
  { path: "spec.healthCheckNodePort", harmless: [0], reason: noBalancer, advice: inCluster },
  { path: "spec.clusterIPs", reason: toGate, advice: inCluster },
  { path: "spec.ipFamilies", reason: toGate, advice: inCluster },
  { path: "spec.ipFamilyPolicy", harmless: ["SingleStack"], reason: toGate, advice: inCluster },
];

export const serviceKind: Kind<Service> = {
  id: "Service",
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect,
  columns: [
    { title: "TYPE", value: (known) => known.value?.spec?.type ?? "ClusterIP" },
    {
      title: "CLUSTER-IP",
      value: (known) =>
        isExternalName(known) ? "<none>" : (known.value?.spec?.clusterIP ?? "<none>"),
    },
    { title: "EXTERNAL-IP", value: externalAddress },
    { title: "PORT(S)", value: ports },
    { title: "SELECTOR", wide: true, value: selector },
  ],
};

function isExternalName(known: Known<Service>): boolean {
  return known.value?.spec?.type === "ExternalName";
}

function externalAddress(known: Known<Service>): string {
  const spec = known.value?.spec;
  if (spec?.type === "ExternalName") return spec.externalName ?? "<none>";
  const given = [...addresses(known.object.status), ...(spec?.externalIPs ?? [])];
  if (given.length > 0) return given.join(",");
  return spec?.type === "LoadBalancer" ? "<pending>" : "<none>";
}

function ports(known: Known<Service>): string {
  const texts = (known.value?.spec?.ports ?? []).map((entry) => {
    const node = entry.nodePort === undefined || entry.nodePort === 0 ? "" : `:${entry.nodePort}`;
    return `${entry.port}${node}/${entry.protocol ?? "TCP"}`;
  });
  return texts.length === 0 ? "<none>" : texts.join(",");
}

function selector(known: Known<Service>): string {
  const labels = Object.entries(known.value?.spec?.selector ?? {});
  return labels.length === 0 ? "<none>" : labels.map(([key, value]) => `${key}=${value}`).join(",");
}
