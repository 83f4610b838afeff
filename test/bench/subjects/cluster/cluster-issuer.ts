/** Who issues a cluster's certificates: installed once, it runs only in its turns, as of two only one may write. */

import type { Lab } from "#test/lab/lab.ts";
import { processesOfPod } from "../../measure/process-cost.ts";
import { podOf, rolledOut } from "./cluster-subject.ts";

export interface ClusterIssuer {
  /** In the first column of every table. */
  readonly name: string;
  /** How it is installed and run, for the notes under the tables. */
  readonly how: string;
  /** Of its Deployment, and of its service account. */
  readonly namespace: string;
  readonly deployment: string;
  readonly account: string;
  /** Leaves it installed, and not running. */
  readonly install: (lab: Lab) => Promise<void>;
}

/** One that runs. */
export interface RunningIssuer {
  readonly pids: () => readonly number[];
  /** Resolves when its pod is gone. */
  readonly end: () => Promise<void>;
}

export async function begin(lab: Lab, issuer: ClusterIssuer): Promise<RunningIssuer> {
  const { namespace, deployment } = issuer;
  await scale(lab, issuer, 1);
  await rolledOut(lab, namespace, deployment);
  const pod = await podOf(lab, namespace, deployment);
  return {
    pids: () => processesOfPod(pod),
    end: async () => {
      await scale(lab, issuer, 0);
      const gone = ["--for=delete", "--timeout=60s", `--namespace=${namespace}`];
      await lab.kubectl(["wait", `pod/${pod}`, ...gone]);
    },
  };
}

export async function scale(
  lab: Lab,
  { namespace, deployment }: Pick<ClusterIssuer, "namespace" | "deployment">,
  replicas: number,
): Promise<void> {
  const what = [`deployment/${deployment}`, `--namespace=${namespace}`];
  await lab.kubectl(["scale", ...what, `--replicas=${replicas}`]);
}
