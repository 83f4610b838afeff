/** The images that a lab knows: each runs in a pod as it would on a cluster. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { skipWithoutLab } from "./build/requirements.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();

const locked = {
  runAsUser: 65532,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};

describe("an image in the lab", { skip }, () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  async function create(name: string, container: object): Promise<void> {
    const spec = { restartPolicy: "Never", containers: [{ name: "main", ...container }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec };
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  }

  /** What a container prints that ends well. */
  async function printed(name: string, container: object): Promise<string> {
    await create(name, container);
    const ended = "--for=jsonpath={.status.phase}=Succeeded";
    await lab.kubectl(["wait", ended, `pod/${name}`, "--timeout=60s"]);
    return await lab.kubectl(["logs", name]);
  }

  it("sekisho is this checkout, for a user without any rights", async () => {
    const container = {
      image: "example.com/sekisho:1",
      args: ["--version"],
      securityContext: locked,
    };
    assert.match(await printed("sekisho", container), /^\d+\.\d+\.\d+/);
  });

  it("sekisho can be named by its command", async () => {
    const container = { image: "sekisho", command: ["sekisho", "--version"] };
    assert.match(await printed("named", container), /^\d+\.\d+\.\d+/);
  });

  it("envoy is the pinned one", async () => {
    const container = {
      image: "envoyproxy/envoy:v1.40.0",
      command: ["envoy", "--version"],
      securityContext: locked,
    };
    assert.match(await printed("envoy", container), /\/1\.40\.0\//);
  });

  const standIns: Readonly<Record<string, number>> = {
    "nginxdemos/nginx-hello:plain-text": 8080,
    "kennethreitz/httpbin": 80,
    "ealen/echo-server:0.9": 8080,
    "nmatsui/hello-world-api": 3000,
  };
  for (const [image, port] of Object.entries(standIns)) {
    it(`${image} listens on the port that it has on a cluster`, async () => {
      const name = image.replaceAll(/[^a-z0-9]+/g, "-");
      await create(name, { image, readinessProbe: { tcpSocket: { port } } });
      await lab.kubectl(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"]);
    });
  }

  it("that nothing stands for keeps its pod from running, and says what to do", async () => {
    await create("unknown", { image: "example.com/unknown" });
    const waiting = "{.status.containerStatuses[0].state.waiting";
    const missing = `--for=jsonpath=${waiting}.reason}=ErrImagePull`;
    await lab.kubectl(["wait", missing, "pod/unknown", "--timeout=60s"]);
    const message = `jsonpath=${waiting}.message}`;
    assert.match(
      await lab.kubectl(["get", "pod", "unknown", "-o", message]),
      /no program stands for image "example.com\/unknown": give one in the lab's option images/,
    );
  });
});
