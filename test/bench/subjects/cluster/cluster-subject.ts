/** What is measured in a cluster: a controller with its proxy, installed as its users install it, with objects of its own. */

import type { Lab } from "#test/lab/lab.ts";
import type { Processes } from "../subject.ts";

export interface ClusterSubject {
  /** In the first column of every table. */
  readonly name: string;
  readonly version: string;
  /** How it is installed and run, for the notes under the tables. */
  readonly how: string;
  /** Where everything is that it serves, and nothing else. */
  readonly namespace: string;
  readonly ingressClass: string;
  /** `NAMESPACE:NAME`. */
  readonly account: string;
  /** How long it is left alone after a change. */
  readonly restMs: number;
  /** Resolves when it is ready; installed over an earlier one of the same program it takes its place. */
  readonly install: (lab: Lab) => Promise<InstalledSubject>;
}

export interface InstalledSubject {
  /** Of its load balancer, inside the lab. */
  readonly address: string;
  readonly processes: () => Processes;
}

/** How long anything may take to be ready. */
const longest = "--timeout=120s";

/** Resolves when all replicas of a Deployment are those that were asked for. */
export async function rolledOut(lab: Lab, namespace: string, name: string): Promise<void> {
  const what = ["rollout", "status", `deployment/${name}`, `--namespace=${namespace}`];
  await lab.kubectl([...what, longest]);
}

/** The only pod of an app; those of an earlier rollout must be gone. */
export async function podOf(lab: Lab, namespace: string, app: string): Promise<string> {
  const selected = [`--namespace=${namespace}`, `--selector=app.kubernetes.io/name=${app}`];
  const path = "jsonpath={.items[*].metadata.name}";
  const names = (await lab.kubectl(["get", "pods", ...selected, "-o", path])).split(" ");
  const [pod = "", ...more] = names;
  if (pod === "" || more.length > 0) throw new Error(`${app} has the pods ${names.join(", ")}`);
  return pod;
}

/** The address of a Service of type LoadBalancer. */
export async function balancerAddress(lab: Lab, namespace: string, name: string): Promise<string> {
  const balancer = "{.status.loadBalancer.ingress[0].ip}";
  const service = [`service/${name}`, `--namespace=${namespace}`];
  await lab.kubectl(["wait", ...service, `--for=jsonpath=${balancer}`, longest]);
  return await lab.kubectl(["get", ...service, "-o", `jsonpath=${balancer}`]);
}
