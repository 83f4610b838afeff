/** A lab with an API server, and stores that speak to it as Sekisho does. */

import { kinds } from "#kinds/all.ts";
import type { Kind } from "#kinds/kind.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { eventResource } from "#status/cluster-events.ts";
import { type FindAccessDeps, findAccess } from "#store/kubernetes/access/find-access.ts";
import type { ApiResource } from "#store/kubernetes/collection.ts";
import {
  createKubernetesStore,
  type KubernetesStore,
  type KubernetesStoreDeps,
  type KubernetesStoreSettings,
} from "#store/kubernetes/kubernetes-store.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { type Lab, startLab } from "./lab.ts";

export interface LabCluster extends AsyncDisposable {
  readonly lab: Lab;
  readonly deps: KubernetesStoreDeps;
  /** What {@link findAccess} needs here. */
  readonly accessDeps: FindAccessDeps;
  /** A store of an administrator, closed with the lab. */
  readonly store: (settings?: Partial<KubernetesStoreSettings>) => KubernetesStore;
  readonly createNamespace: (name: string) => Promise<void>;
}

/** A kind that no server knows before its CRD is there. */
export const widget: ApiResource = {
  id: "Widget.example.com",
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
};

/** A CRD that takes any fields. */
export function looseDefinition({ group, version, kind, plural }: ApiResource): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
        },
      ],
    },
  };
}

/** The CRD of {@link widget}. */
export const widgetDefinition = JSON.stringify(looseDefinition(widget));

/** Starts a lab without pods. */
export async function startLabCluster(): Promise<LabCluster> {
  const lab = await startLab({ without: "pods" });
  const opened: KubernetesStore[] = [];
  const clock = createClock();
  const deps = { clock, random: createRandom(), http: createHttpClients(), log: silentLog };
  const accessDeps = {
    clock,
    files: createFiles(),
    processes: createProcesses(),
    variables: {},
    home: lab.directory,
    workingDirectory: lab.directory,
  };
  const access = await findAccess(accessDeps, { kubeconfig: lab.kubeconfig });
  const resources: readonly ApiResource[] = [
    ...(kinds as readonly Kind<unknown>[]),
    eventResource,
    widget,
  ];
  const store: LabCluster["store"] = (settings = {}) => {
    const made = createKubernetesStore(deps, { access, resources, ...settings });
    opened.push(made);
    return made;
  };
  const admin = store();
  return {
    lab,
    deps,
    accessDeps,
    store,
    createNamespace: async (name) => {
      const metadata = { name, namespace: "" };
      await admin.create({ apiVersion: "v1", kind: "Namespace", metadata, body: {} });
    },
    [Symbol.asyncDispose]: async () => {
      for (const made of opened) made.close();
      await lab[Symbol.asyncDispose]();
    },
  };
}
