/** Traefik in a cluster with its provider of Kubernetes Ingresses: controller and proxy in one process. */

import type { Lab } from "#test/lab/lab.ts";
import { processesOfPod } from "../../measure/process-cost.ts";
import { balancerAddress, type ClusterSubject, podOf, rolledOut } from "./cluster-subject.ts";

export interface TraefikWay {
  /** In its name. */
  readonly text: string;
  readonly args: readonly string[];
  readonly restMs: number;
}

const name = "traefik";
const namespace = "traefik";
const served = "bench-traefik";
const labels = { "app.kubernetes.io/name": name };

/** None. */
export const leastThrottle: TraefikWay = {
  text: "no throttle",
  args: ["--providers.providersthrottleduration=0s"],
  restMs: 150,
};

/** As it is when nobody says anything: one configuration every 2 s. */
export const usualThrottle: TraefikWay = { text: "throttle 2 s", args: [], restMs: 2_600 };

/** As its chart installs it. */
export const withStatuses: TraefikWay = {
  text: "statuses",
  args: [`--providers.kubernetesingress.ingressendpoint.publishedservice=${namespace}/${name}`],
  restMs: 2_600,
};

export function traefikInCluster(version: string, way: TraefikWay): ClusterSubject {
  return {
    name: `Traefik, ${way.text}`,
    version,
    how: `one pod with the service account, roles, IngressClass and Service that its documentation gives, --providers.kubernetesingress for its namespace, and ${way.args.join(" ") || "no more options"}; changes ${way.restMs} ms apart`,
    namespace: served,
    ingressClass: name,
    account: `${namespace}:${name}`,
    restMs: way.restMs,
    install: async (lab) => {
      const list = { apiVersion: "v1", kind: "List", items: manifests(way) };
      await lab.kubectl(["apply", "-f", "-"], JSON.stringify(list));
      await rolledOut(lab, namespace, name);
      return await found(lab);
    },
  };
}

async function found(lab: Lab): ReturnType<ClusterSubject["install"]> {
  const pod = await podOf(lab, namespace, name);
  return {
    address: await balancerAddress(lab, namespace, name),
    processes: () => ({ proxy: processesOfPod(pod), control: [] }),
  };
}

function manifests(way: TraefikWay): readonly object[] {
  const meta = { name, namespace };
  const ports = [{ name: "web", port: 80, targetPort: "web" }];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: meta },
    ...roles(),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: meta,
      spec: { type: "LoadBalancer", selector: labels, ports },
    },
    deployment(way),
  ];
}

/** What its documentation grants for the provider of Ingresses. */
function roles(): readonly object[] {
  const read = ["get", "list", "watch"];
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["services", "secrets", "nodes"], verbs: read },
        {
          apiGroups: ["discovery.k8s.io"],
          resources: ["endpointslices"],
          verbs: ["list", "watch"],
        },
        {
          apiGroups: ["networking.k8s.io"],
          resources: ["ingresses", "ingressclasses"],
          verbs: read,
        },
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

function deployment(way: TraefikWay): object {
  const container = {
    name,
    image: "traefik:v3",
    args: [
      "--entrypoints.web.address=:8000",
      "--entrypoints.traefik.address=:8080",
      "--ping=true",
      "--providers.kubernetesingress=true",
      `--providers.kubernetesingress.namespaces=${served},${namespace}`,
      `--providers.kubernetesingress.ingressclass=${name}`,
      "--log.level=ERROR",
      "--global.checknewversion=false",
      "--global.sendanonymoususage=false",
      ...way.args,
    ],
    ports: [
      { name: "web", containerPort: 8000 },
      { name: "ping", containerPort: 8080 },
    ],
    readinessProbe: { httpGet: { path: "/ping", port: "ping" }, periodSeconds: 2 },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      strategy: { type: "Recreate" },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: 5,
          containers: [container],
        },
      },
    },
  };
}
