/** A real cluster as a source: what it shows, and what it is allowed to read. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Finding } from "#base/finding.ts";
import { secretsOf, servedKinds } from "#gate/cluster/served-objects.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { type ClusterSource, startClusterSource } from "#sources/cluster/cluster-source.ts";
import { findAccess } from "#store/kubernetes/access/find-access.ts";
import type { WatchEvent } from "#store/object-store.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { type LabCluster, startLabCluster, widget, widgetDefinition } from "./cluster-harness.ts";

const skip = await skipWithoutLab();

/** May read two namespaces, and Secrets in one of them. */
const limitedAccount = `
apiVersion: v1
kind: Namespace
metadata: {name: one}
---
apiVersion: v1
kind: Namespace
metadata: {name: two}
---
apiVersion: v1
kind: Namespace
metadata: {name: three}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: gate, namespace: one}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gate-objects}
rules:
- {apiGroups: ["", networking.k8s.io, discovery.k8s.io], resources: [services, ingresses, endpointslices], verbs: [list, watch]}
- {apiGroups: [k8s.nginx.org], resources: [globalconfigurations, policies, transportservers, virtualservers, virtualserverroutes], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gate-classes}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingressclasses], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gate-secrets}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: gate-classes}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gate-classes}
subjects: [{kind: ServiceAccount, name: gate, namespace: one}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gate-objects, namespace: one}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gate-objects}
subjects: [{kind: ServiceAccount, name: gate, namespace: one}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gate-objects, namespace: two}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gate-objects}
subjects: [{kind: ServiceAccount, name: gate, namespace: one}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gate-secrets, namespace: one}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gate-secrets}
subjects: [{kind: ServiceAccount, name: gate, namespace: one}]
`;

/** An Ingress and the Secret that it names, in each of the three namespaces. */
const ingresses = ["one", "two", "three"]
  .map(
    (namespace) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cafe, namespace: ${namespace}}
spec: {rules: [{host: cafe.example}], tls: [{hosts: [cafe.example], secretName: cafe}]}
---
apiVersion: v1
kind: Secret
metadata: {name: cafe, namespace: ${namespace}}
data: {key: dmFsdWU=}
---
apiVersion: v1
kind: Secret
metadata: {name: other, namespace: ${namespace}}
data: {key: dmFsdWU=}
`,
  )
  .join("---\n");

describe("a real cluster as a source", { skip }, () => {
  let cluster: LabCluster;

  before(async () => {
    cluster = await startLabCluster();
    await cluster.lab.kubectl(["apply", "-f", "-"], limitedAccount);
    await cluster.lab.kubectl(["apply", "-f", "-"], ingresses);
  });
  after(() => cluster[Symbol.asyncDispose]());

  test("an account that may read two namespaces serves these, with the Secrets of the one that is granted", async () => {
    const findings: Finding[] = [];
    const source = startClusterSource(
      { ...cluster.deps, store: await limitedStore(cluster) },
      {
        kinds: servedKinds,
        namespaces: ["one", "two"],
        secretNamespaces: ["one"],
        secretsOf,
        changed: (now) => void findings.splice(0, findings.length, ...now),
      },
    );
    try {
      assert.deepEqual(await listedNames(source, ingressKind.id), ["one/cafe", "two/cafe"]);
      assert.deepEqual(await listedNames(source, "Secret"), ["one/cafe"]);
      assert.deepEqual(
        findings.map(({ reason, origin }) => `${reason} ${origin.namespace}`),
        ["SecretNotGranted two"],
      );
    } finally {
      await source.close();
    }
  });

  test("a kind whose CRD is missing is taken up once it is there", async () => {
    const source = startClusterSource(
      { ...cluster.deps, store: cluster.store() },
      { kinds: [widget], namespaces: "all", secretsOf: () => [], changed: () => undefined },
    );
    try {
      const { point } = await source.store.list(widget.id);
      await cluster.lab.kubectl(["apply", "-f", "-"], widgetDefinition);
      await cluster.lab.kubectl(["wait", "--for=condition=Established", "crd/widgets.example.com"]);
      const made = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
      await cluster.lab.kubectl(["apply", "-f", "-"], JSON.stringify(made));
      assert.equal(describeEvent(await firstEvent(source, widget.id, point)), "set w");
    } finally {
      await source.close();
    }
  });

  test("over a restart of the API server nothing is shown as gone, and what is new comes", async () => {
    const source = startClusterSource(
      { ...cluster.deps, store: cluster.store() },
      { kinds: [ingressKind], namespaces: "all", secretsOf: () => [], changed: () => undefined },
    );
    try {
      const { point } = await source.store.list(ingressKind.id);
      await cluster.lab.order("kill", "apiserver");
      await cluster.lab.order("start", "apiserver");
      const spec = { rules: [{ host: "new.example" }] };
      const made = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", spec };
      const input = JSON.stringify({ ...made, metadata: { name: "new" } });
      await untilItAnswers(() => cluster.lab.kubectl(["apply", "-f", "-"], input));
      assert.equal(describeEvent(await firstEvent(source, ingressKind.id, point)), "set new");
    } finally {
      await source.close();
    }
  });
});

/** Tries until the API server answers again. */
async function untilItAnswers(action: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await action();
      return;
    } catch (error) {
      if (tries === 100) throw error;
    }
  }
}

/** A store with the rights of the limited account. */
async function limitedStore(cluster: LabCluster): Promise<ReturnType<LabCluster["store"]>> {
  const { lab } = cluster;
  const token = await lab.kubectl(["create", "token", "gate", "-n", "one"]);
  const access = await findAccess(cluster.accessDeps, { kubeconfig: lab.kubeconfig });
  const credentials = {
    current: async () => ({ authorization: `Bearer ${token.trim()}` }),
    refused: () => undefined,
  };
  return cluster.store({ access: { ...access, credentials } });
}

async function listedNames({ store }: ClusterSource, kind: string): Promise<readonly string[]> {
  const { items } = await store.list(kind);
  return items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

function describeEvent({ kind, object }: WatchEvent): string {
  return `${kind} ${object.metadata.name}`;
}

async function firstEvent(
  { store }: ClusterSource,
  kind: string,
  point: string,
): Promise<WatchEvent> {
  const stop = new AbortController();
  for await (const { events } of store.watch({ [kind]: point }, stop.signal)) {
    const [first] = events;
    if (first !== undefined) return first;
  }
  throw new Error("the source ended before anything came");
}
