/** A control plane that only observes serves as ever, and writes nothing but the Secrets of xDS: by the API server's audit log. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { SimulatedProxy } from "#test/fakes/simulated-proxy.ts";
import { repository } from "#test/system/harness/program.ts";
import { AuditLog } from "./audit-log.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type InstalledSekisho, installSekisho } from "./installed-sekisho.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";
import { openReplica, type Replica, replicaNames } from "./replica.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const namespace = "sekisho-system";
const system = `--namespace=${namespace}`;
const deployment = "deployment/sekisho-controller";
const reading = ["get", "list", "watch"];

describe("a control plane that only observes", { skip }, () => {
  const undo = new AsyncDisposableStack();
  const audit = undo.use(new AuditLog(`${namespace}:sekisho-controller`));
  let lab: Lab;
  let served: InstalledSekisho;

  before(async () => {
    lab = undo.use(await startLab({ apiserverFlags: audit.flags }));
    served = await installSekisho(lab, { controller: ["--gates", "observe"] });
  });
  after(() => undo.disposeAsync());

  /** How many errors a replica has found. */
  async function errorsOf(replica: Replica): Promise<number> {
    const { findings } = JSON.parse(await replica.page("/status")) as {
      readonly findings: { readonly error: number };
    };
    return findings.error;
  }

  /** An Ingress whose Service is not there, and one that a proxy refuses. */
  async function makeTrouble(): Promise<void> {
    const rule = (name: string): string => `--rule=${name}.example/*=${name}:80`;
    for (const name of ["astray", "refused"])
      await lab.kubectl(["create", "ingress", name, "--class=sekisho", rule(name)]);
    const [first = ""] = await replicaNames(lab);
    await using replica = await openReplica(lab, first);
    const proxy = new SimulatedProxy(replica.client("refusing"), {
      refuses: (type, name) => type === "cluster" && name.includes("refused"),
    });
    await until(async () => (await errorsOf(replica)) >= 2, {
      what: "both Services that are missing",
      longestMs: 60_000,
      everyMs: 50,
    });
    await lab.kubectl(["create", "service", "clusterip", "refused", "--tcp=80:80"]);
    await until(async () => JSON.stringify(await replica.page("/status")).includes("is refused"), {
      what: "the refusal",
      longestMs: 60_000,
      everyMs: 50,
    });
    assert.notEqual(proxy.resources, 0);
  }

  it("serves traffic, and leaves no status, Event, lease or record behind", async () => {
    await lab.kubectl(["apply", "-f", join(repository, "examples/cafe")]);
    for (const name of ["tea", "coffee"])
      await lab.kubectl(["rollout", "status", `deployment/${name}`, longest]);
    await makeTrouble();
    const patiently = ["-f", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"];
    const answer = await curl(served, "http://cafe.example.com/tea", ...patiently);
    assert.match(answer, /^Server name: tea-/m);
    // What it would still write, it writes before it ends.
    await lab.kubectl(["scale", deployment, system, "--replicas=0"]);
    const pods = ["pod", system, "--selector=app.kubernetes.io/name=sekisho-controller"];
    await lab.kubectl(["wait", "--for=delete", ...pods, longest]);
    const writes = audit.requests().filter(({ verb }) => !reading.includes(verb));
    const written = writes.map(({ resource, namespace: where, name }) =>
      [resource, where, name].join(" "),
    );
    assert.deepEqual([...new Set(written)].sort(), [
      `secrets ${namespace} sekisho-session-tickets`,
      `secrets ${namespace} sekisho-xds-authority`,
      `secrets ${namespace} sekisho-xds-proxy`,
    ]);
    const status = ["get", "ingress/cafe", "-o", "jsonpath={.status}"];
    assert.equal(await lab.kubectl(status), '{"loadBalancer":{}}');
  });
});
