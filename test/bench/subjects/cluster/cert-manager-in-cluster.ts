/** cert-manager's controller in a cluster, alone: what else it is made of takes no part in issuing. */

import { type LabImage, programImage } from "#test/lab/images.ts";
import type { ClusterIssuer } from "./cluster-issuer.ts";

/** Its namespace is where ClusterIssuers have their Secrets, for both. */
export const certManagerNamespace = "cert-manager";
const name = "cert-manager";
const labels = { "app.kubernetes.io/name": name };
const args = [
  `--cluster-resource-namespace=${certManagerNamespace}`,
  "--leader-election-namespace=kube-system",
];

export function certManagerInCluster(): ClusterIssuer {
  return {
    name,
    how: `the controller that CERT_MANAGER names, in one pod, with its defaults and ${args.join(" ")}; without its webhook and with the definitions of deploy/crds`,
    namespace: certManagerNamespace,
    deployment: name,
    account: `${certManagerNamespace}:${name}`,
    install: async (lab) => {
      const list = { apiVersion: "v1", kind: "List", items: manifests() };
      await lab.kubectl(["apply", "-f", "-"], JSON.stringify(list));
    },
  };
}

export function certManagerImage(program: string): LabImage {
  return programImage(name, program);
}

/** What it may do costs nothing here: it may do everything. */
function manifests(): readonly object[] {
  const metadata = { name, namespace: certManagerNamespace };
  const rbac = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: 10,
            containers: [{ name, image: name, args }],
          },
        },
      },
    },
  ];
}
