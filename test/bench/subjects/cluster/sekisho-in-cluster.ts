/** Sekisho in a cluster, installed by deploy/, with one replica and one proxy: the peer beside it has one of each as well. */

import { dirname } from "node:path";
import type { LabImage } from "#test/lab/images.ts";
import { installSekisho } from "#test/lab/installed-sekisho.ts";
import { processesOfPod } from "../../measure/process-cost.ts";
import { type ClusterSubject, podOf } from "./cluster-subject.ts";

const system = "sekisho-system";
const namespace = "bench-sekisho";

export function sekishoInCluster(version: string): ClusterSubject {
  return {
    name: "Sekisho",
    version,
    how: `deploy/ with one replica of each Deployment and --namespaces ${namespace}; changes 30 ms apart`,
    namespace,
    ingressClass: "sekisho",
    account: `${system}:sekisho-controller`,
    restMs: 30,
    install: async (lab) => {
      const controller = ["--namespaces", namespace];
      const { address } = await installSekisho(lab, { controller, replicas: 1 });
      const control = await podOf(lab, system, "sekisho-controller");
      const proxy = await podOf(lab, system, "sekisho-proxy");
      return {
        address,
        processes: () => ({
          proxy: processesOfPod(proxy, "--service-node"),
          control: processesOfPod(control),
        }),
      };
    },
  };
}

/** The bundle as it is shipped, where a lab would run the working copy. */
export function bundleImage(bundle: string): LabImage {
  return {
    patterns: ["sekisho"],
    command: ["/.image/bundle/sekisho"],
    binds: { "/.image/bundle": bundle, "/.image/node": dirname(process.execPath) },
    env: { PATH: "/.image/node:$(PATH)" },
  };
}
