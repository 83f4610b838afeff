/** Where the objects are that a command shows: in a running gate, or in a cluster. */

import type { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import { kinds } from "#kinds/all.ts";
import { findAccess } from "#store/kubernetes/access/find-access.ts";
import { createKubernetesStore, type KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { CommandContext } from "../command-context.ts";
import { dataOption } from "../options.ts";
import { findSocket } from "../running-gate.ts";

export interface HomeOptions {
  readonly data?: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Of a cluster: what lists show. Default: all. */
  readonly namespaces?: readonly string[];
}

export interface ObjectHome {
  readonly store: ObjectStore;
  /** The namespace of whoever names none. */
  readonly namespace: string;
  /** The running gate that answers; absent: a cluster does. */
  readonly socket?: string;
  /** The cluster that answers, for what is no object. */
  readonly cluster?: KubernetesStore;
  readonly close: () => void;
}

/** Options that name a running gate or a cluster. */
export function withHomeOptions(command: Command): Command {
  return withClusterHome(command.addOption(dataOption()));
}

/** Options that name a cluster. */
export function withClusterHome(command: Command): Command {
  return command
    .option("--cluster", "ask the cluster that kubectl would ask")
    .option("--kubeconfig <file>", "ask the cluster that this kubeconfig names")
    .option("--context <name>", "ask the cluster of this context of the kubeconfig");
}

/** Whether a cluster is meant, and not a running gate or files. */
export function namesCluster({ cluster, kubeconfig, context }: HomeOptions): boolean {
  return cluster === true || kubeconfig !== undefined || context !== undefined;
}

/** The gate or cluster that the options name; to be closed. */
export async function openHome(context: CommandContext, options: HomeOptions): Promise<ObjectHome> {
  const { kubeconfig, context: name } = options;
  if (!namesCluster(options)) {
    const socket = await findSocket(context, options.data);
    const store = createRemoteStore(context.socket, socket);
    return { store, namespace: "default", socket, close: () => undefined };
  }
  const access = await findAccess(
    { ...context, ...context.environment },
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(name === undefined ? {} : { context: name }),
    },
  );
  const log = await context.createLog({ level: "error" });
  const store = createKubernetesStore(
    { ...context, http: context.clients, log },
    { access, resources: kinds, namespaces: options.namespaces ?? "all" },
  );
  return { store, cluster: store, namespace: access.namespace, close: store.close };
}
