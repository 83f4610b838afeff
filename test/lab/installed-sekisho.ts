/** Sekisho in a lab, installed as a user does it: `kubectl apply -f deploy/`. */

import { join } from "node:path";
import { repository } from "#test/system/program.ts";
import type { Lab } from "./lab.ts";

const system = "--namespace=sekisho-system";

export interface InstalledSekisho {
  readonly lab: Lab;
  /** Addresses of the Envoy pods, inside, as they were when all was ready. */
  readonly proxies: readonly string[];
  /** Of the load balancer in front of them. */
  readonly address: string;
}

/** Applies the manifests; resolves when every replica of control plane and proxy is ready. */
export async function installSekisho(lab: Lab): Promise<InstalledSekisho> {
  await lab.kubectl(["apply", "-f", join(repository, "deploy")]);
  for (const name of ["sekisho-controller", "sekisho-proxy"]) {
    await lab.kubectl(["rollout", "status", `deployment/${name}`, system, "--timeout=120s"]);
  }
  const proxies = ["get", "pods", system, "--selector=app.kubernetes.io/name=sekisho-proxy"];
  const printed = await lab.kubectl([...proxies, "-o", "jsonpath={.items[*].status.podIP}"]);
  const balancer = "{.status.loadBalancer.ingress[0].ip}";
  await lab.kubectl(["wait", "service/sekisho", system, `--for=jsonpath=${balancer}`]);
  return {
    lab,
    proxies: printed.split(" ").filter((address) => address !== ""),
    address: await lab.kubectl(["get", "service/sekisho", system, "-o", `jsonpath=${balancer}`]),
  };
}
