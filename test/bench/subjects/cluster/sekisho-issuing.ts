/** Sekisho in a cluster whose certificates are its own, installed by deploy/ with one replica. */

import { join } from "node:path";
import { installSekisho } from "#test/lab/installed-sekisho.ts";
import { repository } from "#test/system/harness/program.ts";
import { type ClusterIssuer, scale } from "./cluster-issuer.ts";

const namespace = "sekisho-system";
const deployment = "sekisho-controller";

export function sekishoIssuing(version: string): ClusterIssuer {
  return {
    name: "Sekisho",
    how: `${version}: deploy/, deploy/certificates and deploy/admission with one replica of each Deployment and --certificates own`,
    namespace,
    deployment,
    account: `${namespace}:${deployment}`,
    install: async (lab) => {
      for (const rights of ["deploy/certificates", "deploy/admission"])
        await lab.kubectl(["apply", "-f", join(repository, rights)]);
      await installSekisho(lab, { controller: ["--certificates", "own"], replicas: 1 });
      await scale(lab, { namespace, deployment }, 0);
      const gone = ["--for=delete", "--timeout=60s", `--namespace=${namespace}`];
      const selected = `--selector=app.kubernetes.io/name=${deployment}`;
      await lab.kubectl(["wait", "pods", selected, ...gone]);
    },
  };
}
