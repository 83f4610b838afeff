import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { ask } from "#test/fakes/running-stand-in.ts";
import type { IsolationMode } from "#workloads/isolation/isolation.ts";
import { freePorts } from "./harness/real-envoy.ts";
import {
  deployment,
  deploymentId,
  eventually,
  livePods,
  openStage,
  ownProcesses,
  readyUrls,
  rolledOut,
  service,
  sliceId,
  stored,
  unavailable,
  write,
} from "./harness/workloads-stage.ts";

interface ContainerStatus {
  readonly restartCount: number;
  readonly ready: boolean;
  readonly containerID?: string;
  readonly state: { readonly waiting?: { readonly reason: string } };
}

function containerStatus(
  pod: { readonly status?: unknown } | undefined,
): ContainerStatus | undefined {
  const status = pod?.status as
    | { readonly containerStatuses?: readonly ContainerStatus[] }
    | undefined;
  return status?.containerStatuses?.[0];
}

function versionOf({ metadata }: KubeObject): string {
  return `${metadata.name} ${metadata.resourceVersion}`;
}

/** The data directory of a control plane that ran two pods and was killed. */
async function killedRun(mode: IsolationMode): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-killed-"));
  after(() => rm(directory, { recursive: true, force: true }));
  const fixture = fileURLToPath(new URL("./workloads.fixture.ts", import.meta.url));
  const child = spawn(process.execPath, [fixture, directory, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  assert.equal(line, "ready");
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  return directory;
}

const modes: readonly IsolationMode[] = ["none", "user", "root"];
const reasons = new Map<IsolationMode, string | undefined>();
for (const mode of modes) reasons.set(mode, await unavailable(mode));

for (const mode of modes) {
  const skip = reasons.get(mode) ?? false;

  describe(`pods with isolation ${mode}`, { skip, timeout: 120_000 }, () => {
    test("a Deployment answers at its endpoints, is scaled, rolled without a failed request, and removed", async () => {
      await using stage = await openStage({ isolation: mode });
      const { store } = stage;
      assert.equal(stage.workloads.isolation.mode, mode);
      await write(store, deployment({ replicas: 2 }), service);
      await rolledOut(store, 2);
      const urls = await eventually(store, async () => {
        const ready = await readyUrls(store);
        return ready.length === 2 ? ready : undefined;
      });
      const names = new Set<string>();
      for (const url of urls) {
        const { text } = await ask(`${url}/tea`);
        assert.ok(text.startsWith(`Server address: ${url.slice("http://".length)}\n`), text);
        names.add(/^Server name: (.*)$/m.exec(text)?.[1] ?? "");
      }
      assert.deepEqual(
        [...names].sort(),
        (await livePods(store)).map(({ metadata }) => metadata.name),
      );

      await write(store, deployment({ replicas: 3 }));
      await rolledOut(store, 3);

      const over = new AbortController();
      let answered = 0;
      const asking = (async () => {
        while (!over.signal.aborted) {
          for (const url of await readyUrls(store)) {
            assert.equal((await ask(url)).status, 200);
            answered += 1;
          }
        }
      })();
      const env = [{ name: "VERSION", value: "2" }];
      await write(store, deployment({ replicas: 3, container: { env } }));
      await rolledOut(store, 3);
      over.abort();
      await asking;
      assert.ok(answered > 0);
      const { items: sets } = await store.list("ReplicaSet.apps");
      const wanted = sets.map(
        ({ body }) => (body["spec"] as { readonly replicas: number }).replicas,
      );
      assert.deepEqual(wanted.toSorted(), [0, 3]);

      const key = { kind: deploymentId, namespace: "default", name: "web" };
      await store.replaceFiles({ set: [], removed: [key], complete: false });
      await eventually(store, async () =>
        (await store.list("Pod")).items.length === 0 ? true : undefined,
      );
      const own = await ownProcesses(stage.directory);
      assert.deepEqual(own, [], "processes of removed pods are left");
      assert.deepEqual(await readyUrls(store), []);
    });

    test("a pod leaves its port to a gate that listens on every address", async () => {
      await using stage = await openStage({ isolation: mode });
      const { port } = await freePorts("port");
      const container = { ports: [{ name: "http", containerPort: port }] };
      await write(stage.store, deployment({ replicas: 1, container }), service);
      await rolledOut(stage.store, 1);
      const [url = ""] = await eventually(stage.store, async () => {
        const ready = await readyUrls(stage.store);
        return ready.length === 1 ? ready : undefined;
      });
      const gate = createServer((_, response) => response.end("gate"));
      gate.listen({ port, host: "0.0.0.0", reusePort: true });
      await once(gate, "listening");
      try {
        assert.equal((await ask(`http://127.0.0.1:${port}`)).text, "gate");
        assert.match((await ask(url)).text, /^Server name: web-/m);
      } finally {
        gate.close();
      }
    });

    test("a killed program is started again, and one that keeps ending waits between starts", async () => {
      const images = { "my/ender": { command: ["sh", "-c", "exit 3"] } };
      await using stage = await openStage({ isolation: mode, images });
      const { store } = stage;
      await write(store, deployment({ replicas: 1 }));
      await rolledOut(store, 1);
      const [pod] = await livePods(store);
      process.kill(Number(containerStatus(pod)?.containerID?.split("//")[1]), "SIGKILL");
      await eventually(store, async () => {
        const status = containerStatus((await livePods(store))[0]);
        return status?.restartCount === 1 && status.ready ? true : undefined;
      });
      await write(store, deployment({ replicas: 1, image: "my/ender" }));
      await eventually(store, async () => {
        const waiting = (await livePods(store)).map(
          (entry) => containerStatus(entry)?.state.waiting,
        );
        return waiting.some((state) => state?.reason === "CrashLoopBackOff") ? true : undefined;
      });
      await stage.workloads.settled();
      assert.deepEqual(
        stage.workloads
          .findings()
          .filter(({ severity }) => severity === "warning")
          .map(({ reason, origin }) => [reason, origin.kind, origin.name]),
        [["CrashLoopBackOff", deploymentId, "web"]],
      );
    });

    test("pods outlive kill -9 and go on in the next run, which watches over them", async () => {
      const directory = await killedRun(mode);
      const before = await ownProcesses(directory);
      assert.ok(before.length >= 2, "the pods did not outlive the control plane");
      const kept = await stored(directory, "Pod", sliceId);
      const written = [deployment({ replicas: 2 }), service];
      await using stage = await openStage({ isolation: mode, directory, written });
      const { store } = stage;
      await stage.workloads.settled();
      assert.deepEqual(await ownProcesses(directory), before);
      assert.equal((await readyUrls(store)).length, 2);
      // Nothing was written: no pod was unready and no endpoint missing for a moment.
      const now = [...(await store.list("Pod")).items, ...(await store.list(sliceId)).items];
      assert.deepEqual(now.map(versionOf), kept.map(versionOf));

      const [first] = await livePods(store);
      process.kill(Number(containerStatus(first)?.containerID?.split("//")[1]), "SIGKILL");
      await eventually(store, async () => {
        const status = containerStatus(first && (await store.get(keyOf(first))));
        return status?.restartCount === 1 && status.ready ? true : undefined;
      });
      await write(store, deployment({ replicas: 1 }));
      await eventually(store, async () =>
        (await store.list("Pod")).items.length === 1 ? true : undefined,
      );
      assert.equal((await livePods(store)).length, 1);
    });

    test("a pod of which a program died while nobody watched is started anew, the others go on", async () => {
      const directory = await killedRun(mode);
      const [pod] = await stored(directory, "Pod");
      const dead = Number(containerStatus(pod)?.containerID?.split("//")[1]);
      process.kill(dead, "SIGKILL");
      const before = (await ownProcesses(directory)).filter((pid) => pid !== dead);
      const written = [deployment({ replicas: 2 }), service];
      await using stage = await openStage({ isolation: mode, directory, written });
      const { store } = stage;
      await eventually(store, async () => {
        // What the earlier run wrote says that all are ready, until the death is noticed.
        const states = (await livePods(store)).map(containerStatus);
        const isNoticed = states.some((state) => state?.restartCount !== 0);
        return isNoticed && states.every((state) => state?.ready) ? true : undefined;
      });
      const counts = (await livePods(store)).map((pod) => containerStatus(pod)?.restartCount);
      assert.deepEqual(counts.sort(), [0, 1]);
      const now = await ownProcesses(directory);
      assert.ok(!now.includes(dead));
      assert.ok(
        before.some((pid) => now.includes(pid)),
        "the other pod was started anew as well",
      );
    });

    // Without namespaces there are no mounts.
    if (mode === "none") return;
    test("a program may listen on 0.0.0.0:80 and reads its volumes at their mount paths", async () => {
      const program = `
        import { readFileSync } from "node:fs";
        import { createServer } from "node:http";
        import { hostname } from "node:os";
        createServer((_, response) => response.end(
          [readFileSync("/etc/app/conf.d/color"), readFileSync("/sekisho-test/labels"), hostname()].join("|"),
        )).listen(80, "0.0.0.0");
        process.on("SIGTERM", () => process.exit(0));
      `;
      const command = [process.execPath, "--input-type=module", "--eval", program];
      await using stage = await openStage({ isolation: mode, images: { "my/app": { command } } });
      const { store } = stage;
      await store.create({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: "default" },
        body: { data: { color: "blue" } },
      });
      const volumeMounts = [
        { name: "settings", mountPath: "/etc/app/conf.d" },
        { name: "facts", mountPath: "/sekisho-test" },
      ];
      const ports = [{ name: "http", containerPort: 80 }];
      const labels = { path: "labels", fieldRef: { fieldPath: "metadata.labels['app']" } };
      const volumes = [
        { name: "settings", configMap: { name: "settings" } },
        { name: "facts", downwardAPI: { items: [labels] } },
      ];
      const container = { volumeMounts, ports };
      const spec = { volumes, hostname: "my-host" };
      await write(store, deployment({ replicas: 2, image: "my/app", container, spec }), service);
      await rolledOut(store, 2);
      const urls = await eventually(store, async () => {
        const ready = await readyUrls(store);
        return ready.length === 2 ? ready : undefined;
      });
      for (const url of urls) assert.match((await ask(url)).text, /^blue\|web\|/);
      if (mode === "root") assert.match((await ask(`${urls[0]}`)).text, /\|my-host$/);
      const serious = stage.workloads.findings().filter(({ severity }) => severity !== "info");
      assert.deepEqual(serious, []);
    });
  });
}

test("with reads that lag behind writes no pod is made twice", { timeout: 60_000 }, async () => {
  await using stage = await openStage({ isolation: "none", lag: true });
  const { store, workloads } = stage;
  const made = new Set<string>();
  const settle = async (): Promise<void> => {
    await workloads.settled();
    store.settle();
    for (const { metadata } of (await store.list("Pod")).items) made.add(metadata.uid);
    // The watch hands on what became visible before the next round.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await write(store, deployment({ replicas: 3 }), service);
  for (let round = 0; round < 20; round++) await settle();
  assert.equal(made.size, 3);
  assert.equal((await store.list("ReplicaSet.apps")).items.length, 1);
});

test("an image without a program is a finding on the Deployment, and EndpointSlices of the user stay as they are", async () => {
  await using stage = await openStage({ isolation: "none" });
  const { store, workloads } = stage;
  const own = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "mine",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "outside" },
    },
    body: { addressType: "IPv4", endpoints: [{ addresses: ["127.0.0.9"] }], ports: [{ port: 1 }] },
  };
  const outside = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "outside", namespace: "default" },
    body: { spec: { ports: [{ port: 80 }] } },
  };
  await write(store, deployment({ replicas: 1, image: "unknown/app" }), outside, own);
  await eventually(store, async () => {
    const state = containerStatus((await livePods(store))[0])?.state.waiting;
    return state?.reason === "NoCommandForImage" ? true : undefined;
  });
  assert.deepEqual(
    workloads
      .findings()
      .map(({ severity, reason, origin }) => [severity, reason, origin.kind, origin.path]),
    [["error", "NoCommandForImage", deploymentId, "spec.template.spec.containers[0].image"]],
  );
  const { items } = await store.list(sliceId);
  assert.deepEqual(
    items.map(({ metadata, body }) => [metadata.name, body["endpoints"]]),
    [["mine", own.body.endpoints]],
  );
});
