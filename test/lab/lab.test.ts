/** What a lab promises: a real Kubernetes whose pods run, answer and can be looked into, and of which nothing stays. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { skipWithoutLab } from "./build/requirements.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();

/** A Service answers a moment after its pods are ready, when kube-proxy has heard of them. */
const curl = ["curl", "-sS", "--max-time", "60", "--retry", "20", "--retry-connrefused"] as const;

const greeter = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: greeter}
spec:
  replicas: 2
  selector: {matchLabels: {app: greeter}}
  template:
    metadata: {labels: {app: greeter}}
    spec:
      containers:
      - name: greeter
        image: hashicorp/http-echo:1.0
        args: [-listen=:5678, -text=hello]
        ports: [{containerPort: 5678}]
        readinessProbe: {httpGet: {path: /, port: 5678}}
---
apiVersion: v1
kind: Service
metadata: {name: greeter}
spec:
  selector: {app: greeter}
  ports: [{port: 80, targetPort: 5678}]
`;

/** What a program in the lab prints; rejects when it fails. */
async function run(lab: Lab, ...command: readonly [string, ...string[]]): Promise<string> {
  const child = lab.enter(command, { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout);
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(code, 0, `${command.join(" ")} ended with ${code}`);
  return printed;
}

/** Tries until it works, a hundred times. */
async function untilItWorks(action: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await action();
      return;
    } catch (error) {
      if (tries === 100) throw error;
    }
  }
}

describe("a lab", { skip }, () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab();
    await lab.kubectl(["apply", "-f", "-"], greeter);
    await lab.kubectl(["rollout", "status", "deployment/greeter", "--timeout=120s"]);
  });
  after(() => lab[Symbol.asyncDispose]());

  it("is the Kubernetes that go.mod pins", async () => {
    const { serverVersion } = JSON.parse(await lab.kubectl(["version", "-o", "json"])) as {
      readonly serverVersion: { readonly gitVersion: string };
    };
    const pins = readFileSync(join(import.meta.dirname, "programs", "go.mod"), "utf8");
    assert.ok(pins.includes(`k8s.io/kubernetes ${serverVersion.gitVersion}\n`));
  });

  it("answers at a Service's name, from the node and from a pod", async () => {
    const url = "http://greeter.default.svc.cluster.local/";
    assert.match(await run(lab, ...curl, url), /hello/);
    const inPod = ["exec", "deployment/greeter", "--", ...curl, "http://greeter/"];
    assert.match(await lab.kubectl(inPod), /hello/);
  });

  it("answers on a port of this machine that leads to a Service", async () => {
    const ip = await lab.kubectl(["get", "service/greeter", "-o", "jsonpath={.spec.clusterIP}"]);
    await using forward = await lab.forward(`${ip}:80`);
    const answer = await fetch(`http://127.0.0.1:${forward.port}/`, {
      headers: { connection: "close" },
    });
    assert.match(await answer.text(), /hello/);
  });

  it("shows a pod's log", async () => {
    assert.match(await lab.kubectl(["logs", "deployment/greeter"]), /listening on 0\.0\.0\.0:5678/);
  });

  it("runs a command in a pod, hands it input and says how it ended", async () => {
    const exec = ["exec", "-i", "deployment/greeter", "--"];
    assert.equal(await lab.kubectl([...exec, "cat"], "there and back"), "there and back");
    await assert.rejects(lab.kubectl([...exec, "sh", "-c", "exit 7"]), /exit code 7/);
  });

  it("gives each pod process numbers of its own", async () => {
    const ps = await lab.kubectl(["exec", "deployment/greeter", "--", "cat", "/proc/1/cmdline"]);
    assert.match(ps, /-listen=:5678/);
  });

  it("runs beside another lab with the same addresses", async () => {
    await using other = await startLab({ without: "pods" });
    assert.notEqual(other.directory, lab.directory);
    assert.doesNotMatch(await other.kubectl(["get", "deployments", "-A"]), /greeter/);
  });

  it("takes its API server away and brings it back with everything in it", async () => {
    await lab.order("kill", "apiserver");
    await assert.rejects(lab.kubectl(["get", "pods"]));
    assert.match(await run(lab, ...curl, "http://greeter.default.svc.cluster.local/"), /hello/);
    await lab.order("start", "apiserver");
    await lab.order("kill", "etcd");
    await lab.order("start", "etcd");
    const wait = ["wait", "--for=condition=Available", "deployment/greeter", "--timeout=60s"];
    await untilItWorks(() => lab.kubectl(wait));
  });
});

it("nothing of a lab stays when its test is killed", { skip }, async () => {
  const file = join(import.meta.dirname, "killed.fixture.ts");
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { directory, pid } = JSON.parse(line) as {
    readonly directory: string;
    readonly pid: number;
  };
  // Who runs the lab holds this lock until it ends.
  const waiter = spawn("flock", [join(directory, "lock"), "true"], { stdio: "ignore" });
  const released = once(waiter, "exit");
  child.kill("SIGKILL");
  await released;
  assert.ok(!existsSync(directory));
  await once(spawn("tail", ["-f", "/dev/null", `--pid=${pid}`], { stdio: "ignore" }), "exit");
});
