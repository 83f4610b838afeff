/** Sekisho in a lab, installed as a user does it: `kubectl apply -f deploy/`. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "#test/system/harness/program.ts";
import type { Lab } from "./lab.ts";

const system = "--namespace=sekisho-system";

export interface InstalledSekisho {
  readonly lab: Lab;
  /** Addresses of the Envoy pods, inside, as they were when all was ready. */
  readonly proxies: readonly string[];
  /** Of the load balancer in front of them. */
  readonly address: string;
}

export interface InstallOptions {
  /** Arguments for `sekisho controller` from its first start on. */
  readonly controller?: readonly string[];
  /** How many there are of control plane and of proxy. Default: as deploy/ has it. */
  readonly replicas?: number;
}

const deploy = join(repository, "deploy");

/** Applies the manifests; resolves when every replica of control plane and proxy is ready. */
export async function installSekisho(
  lab: Lab,
  options: InstallOptions = {},
): Promise<InstalledSekisho> {
  if (Object.keys(options).length === 0) await lab.kubectl(["apply", "-f", deploy]);
  else await lab.kubectl(["apply", "-f", "-"], manifestsWith(options));
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

/** What `kubectl apply -f deploy/` reads, with more arguments for the controller and other numbers of replicas. */
function manifestsWith({ controller = [], replicas }: InstallOptions): string {
  const files = readdirSync(deploy).filter((name) => name.endsWith(".yaml"));
  const texts = files.sort().map((name) => readFileSync(join(deploy, name), "utf8"));
  const [before, after, ...more] = texts.join("\n---\n").split("args: [controller]");
  assert.ok(after !== undefined && more.length === 0, "deploy/ starts one controller");
  const text = `${before}args: ${JSON.stringify(["controller", ...controller])}${after}`;
  return replicas === undefined
    ? text
    : text.replaceAll(/^ {2}replicas: \d+$/gm, `  replicas: ${replicas}`);
}
