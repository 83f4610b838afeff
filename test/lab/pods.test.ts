/** What the lab's node does for pods in kubelet's place: volumes, users, probes, hooks, networks, claims. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { skipWithoutLab } from "./build/requirements.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();

/** A pod of one container that does nothing, with what is said over it. */
function pod(name: string, container: object = {}, spec: object = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image: "pause", ...container }],
      ...spec,
    },
  });
}

const script = (text: string): object => ({ image: "busybox", command: ["sh", "-c", text] });

/** Answers the gRPC health check with a status: 1 is serving. */
const healthServer = `
  const message = Buffer.from([0, 0, 0, 0, 2, 8, Number(process.argv[1])]);
  require("node:http2").createServer().on("stream", (stream) => {
    require("node:fs").writeFileSync("/tmp/asked", "");
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(message);
  }).listen(50051);
`;

interface Printed {
  readonly begun: Promise<unknown>;
  readonly text: Promise<string>;
}

describe("a pod in the lab", { skip }, () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  async function start(name: string, container?: object, spec?: object): Promise<void> {
    await lab.kubectl(["apply", "-f", "-"], pod(name, container, spec));
    await lab.kubectl(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=120s"]);
  }

  const inside = (name: string, text: string): Promise<string> =>
    lab.kubectl(["exec", name, "--", "sh", "-c", text]);

  it("sees a changed Secret and a changed ConfigMap, each all at once", async () => {
    await lab.kubectl([
      "create",
      "secret",
      "generic",
      "pair",
      "--from-literal=a=1",
      "--from-literal=b=1",
    ]);
    await lab.kubectl(["create", "configmap", "settings", "--from-literal=mode=slow"]);
    await start(
      "reader",
      {
        volumeMounts: [
          { name: "pair", mountPath: "/pair" },
          { name: "settings", mountPath: "/settings" },
        ],
      },
      {
        volumes: [
          { name: "pair", secret: { secretName: "pair", defaultMode: 0o400 } },
          {
            name: "settings",
            configMap: { name: "settings", items: [{ key: "mode", path: "deep/mode" }] },
          },
        ],
      },
    );
    assert.equal(
      await inside("reader", "cat /pair/a /pair/b; stat -L -c %a /pair/a; cat /settings/deep/mode"),
      "11400\nslow",
    );
    const swapped = inside("reader", "until [ $(cat /pair/a) = 2 ]; do :; done; cat /pair/b");
    const changed =
      '[{"op": "add", "path": "/data", "value": {"a": "Mg==", "b": "Mg==", "c": "Mg=="}}]';
    await lab.kubectl(["patch", "secret", "pair", "--type=json", "-p", changed]);
    assert.equal(await swapped, "2");
    await lab.kubectl(["patch", "configmap", "settings", "-p", '{"data":{"mode":"fast"}}']);
    assert.equal(
      await inside(
        "reader",
        "until [ $(cat /settings/deep/mode) = fast ]; do :; done; ls /settings",
      ),
      "deep\n",
    );
  });

  it("waits for what its variables name", async () => {
    const env = [{ name: "WORD", valueFrom: { secretKeyRef: { name: "later", key: "word" } } }];
    await lab.kubectl(["apply", "-f", "-"], pod("waiting", { env }));
    const reason = "{.status.containerStatuses[0].state.waiting.reason}=CreateContainerConfigError";
    await lab.kubectl(["wait", `--for=jsonpath=${reason}`, "pod/waiting", "--timeout=60s"]);
    await lab.kubectl(["create", "secret", "generic", "later", "--from-literal=word=here"]);
    await lab.kubectl(["wait", "--for=condition=Ready", "pod/waiting", "--timeout=60s"]);
    assert.equal(await inside("waiting", "echo $WORD"), "here\n");
  });

  it("runs as the user and groups that it names, and its volumes belong to its group", async () => {
    await start(
      "nobody",
      {
        securityContext: {
          runAsUser: 101,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
      },
      {
        securityContext: { runAsUser: 7, runAsGroup: 102, fsGroup: 103, supplementalGroups: [104] },
        volumes: [{ name: "scratch", emptyDir: {} }],
      },
    );
    assert.equal(await inside("nobody", "id -u; id -G"), "101\n102 103 104\n");
    assert.equal(await inside("nobody", "touch /scratch/a; stat -c %g /scratch/a"), "103\n");
    await assert.rejects(inside("nobody", "touch /etc/a"), /Permission denied/);
    const status = await inside("nobody", "cat /proc/1/status");
    assert.match(status, /NoNewPrivs:\t1/);
    assert.match(status, /CapBnd:\t0000000000000000/);
  });

  it("may change its packet filter only with the capability to", async () => {
    const rules =
      "iptables -t nat -A OUTPUT -p tcp --dport 9 -j REDIRECT --to-ports 80 && iptables-save -t nat";
    await start("plain");
    await assert.rejects(inside("plain", rules), /Permission denied|not permitted/);
    await start("admin", { securityContext: { capabilities: { add: ["NET_ADMIN"] } } });
    assert.match(await inside("admin", rules), /--dport 9 -j REDIRECT/);
    assert.match(await inside("admin", "nft list ruleset"), /redirect to :80/);
    assert.doesNotMatch(await (await run(["nft", "list", "ruleset"])).text, /redirect to :80/);
  });

  it("cannot write where its root is read-only", async () => {
    await start("sealed", { securityContext: { readOnlyRootFilesystem: true } });
    await assert.rejects(inside("sealed", "touch /a"), /Read-only file system/);
  });

  it("shares network and process numbers with the node when it asks to", async () => {
    await start("host", {}, { hostNetwork: true, hostPID: true });
    assert.match(await inside("host", "cat /proc/[0-9]*/comm"), /kube-proxy/);
    assert.equal(
      await lab.kubectl(["get", "pod", "host", "-o", "jsonpath={.status.podIP}"]),
      "10.244.0.1",
    );
    assert.match(await inside("host", "curl -sk https://127.0.0.1:10250/pods"), /"name":"host"/);
  });

  it("is in a control group whose name says pod and container", async () => {
    await start("grouped");
    const [uid, id] = (
      await lab.kubectl([
        "get",
        "pod",
        "grouped",
        "-o",
        "jsonpath={.metadata.uid} {.status.containerStatuses[0].containerID}",
      ])
    ).split(" ");
    const group = await inside("grouped", "cat /proc/1/cgroup");
    assert.ok(
      group.includes(`/kubepods/besteffort/pod${uid}/${id?.replace("podhost://", "")}`),
      group,
    );
  });

  it("is restarted when its liveness probe fails, and is not ready before its startup probe succeeds", async () => {
    await lab.kubectl(
      ["apply", "-f", "-"],
      pod("probed", {
        ...script(
          "rm -f /tmp/up /tmp/dead; until [ -e /tmp/up ]; do :; sleep 0.1; done; sleep 1000",
        ),
        startupProbe: {
          exec: { command: ["test", "-e", "/tmp/up"] },
          periodSeconds: 1,
          failureThreshold: 100,
        },
        livenessProbe: {
          exec: { command: ["test", "!", "-e", "/tmp/dead"] },
          periodSeconds: 1,
          failureThreshold: 1,
        },
      }),
    );
    await lab.kubectl([
      "wait",
      "--for=jsonpath={.status.phase}=Running",
      "pod/probed",
      "--timeout=60s",
    ]);
    const started = [
      "get",
      "pod",
      "probed",
      "-o",
      "jsonpath={.status.containerStatuses[0].started}",
    ];
    assert.equal(await lab.kubectl(started), "false");
    await inside("probed", "touch /tmp/up");
    await lab.kubectl(["wait", "--for=condition=Ready", "pod/probed", "--timeout=60s"]);
    await inside("probed", "touch /tmp/dead");
    const restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1";
    await lab.kubectl(["wait", restarted, "pod/probed", "--timeout=60s"]);
  });

  it("is ready as long as its readiness probe succeeds, by gRPC too", async () => {
    const health = (status: number): object => ({
      image: "sekisho",
      command: ["node", "-e", healthServer, `${status}`],
      readinessProbe: { grpc: { port: 50051 }, periodSeconds: 1, failureThreshold: 1 },
    });
    await start("serving", health(1));
    await lab.kubectl(["apply", "-f", "-"], pod("ailing", health(2)));
    const asked = [
      "exec",
      "ailing",
      "--",
      "sh",
      "-c",
      "until [ -e /tmp/asked ]; do sleep 0.1; done",
    ];
    await lab.kubectl(["wait", "--for=jsonpath={.status.phase}=Running", "pod/ailing"]);
    await lab.kubectl(asked);
    const ready = "jsonpath={.status.containerStatuses[0].ready}";
    assert.equal(await lab.kubectl(["get", "pod", "ailing", "-o", ready]), "false");
  });

  it("runs its init containers first, then its sidecars, then its containers", async () => {
    const shared = { volumeMounts: [{ name: "shared", mountPath: "/shared" }] };
    const append = (word: string, then = ""): object => ({
      ...script(`echo ${word} >> /shared/order; ${then}`),
      ...shared,
    });
    await start("ordered", append("main", "sleep 1000"), {
      volumes: [{ name: "shared", emptyDir: {} }],
      initContainers: [
        { name: "one", ...append("one") },
        {
          name: "two",
          ...append("two", "sleep 1000"),
          restartPolicy: "Always",
          startupProbe: { exec: { command: ["test", "-e", "/shared/order"] } },
        },
      ],
    });
    assert.equal(await inside("ordered", "cat /shared/order"), "one\ntwo\nmain\n");
  });

  it("does what it is told before it ends, and ends by the signal", async () => {
    await lab.kubectl(["create", "configmap", "none"]);
    await start(
      "leaving",
      {
        ...script("trap 'echo by signal; exit 0' TERM; echo begun; while :; do sleep 0.1; done"),
        lifecycle: { preStop: { exec: { command: ["sh", "-c", "echo told > /proc/1/fd/1"] } } },
      },
      { terminationGracePeriodSeconds: 60 },
    );
    const log = await run(["kubectl", "logs", "--follow", "leaving"]);
    await log.begun;
    await lab.kubectl(["delete", "pod", "leaving"]);
    assert.equal(await log.text, "begun\ntold\nby signal\n");
  });

  it("keeps a claim's files when it is replaced", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "kept" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(claim));
    const mounted = { volumeMounts: [{ name: "kept", mountPath: "/kept" }] };
    const volumes = { volumes: [{ name: "kept", persistentVolumeClaim: { claimName: "kept" } }] };
    await start("first", mounted, volumes);
    await inside("first", "echo here > /kept/file");
    await lab.kubectl(["delete", "pod", "first"]);
    await start("second", mounted, volumes);
    assert.equal(await inside("second", "cat /kept/file"), "here\n");
  });

  it("is reached by kubectl port-forward", async () => {
    await start("target", {
      image: "ealen/echo-server",
      readinessProbe: { tcpSocket: { port: 8080 } },
    });
    const forward = lab.enter(["kubectl", "port-forward", "pod/target", "7777:8080"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.ok(forward.stdout);
    await once(createInterface(forward.stdout), "line");
    assert.match(
      await (await run(["curl", "-sS", "--max-time", "20", "http://127.0.0.1:7777/"])).text,
      /target|127\.0\.0\.1/,
    );
    forward.kill();
  });

  it("authenticates to the API server with the token that it mounts", async () => {
    await start("caller");
    const files = "/var/run/secrets/kubernetes.io/serviceaccount";
    const answer = await inside(
      "caller",
      `curl -sS --max-time 20 --cacert ${files}/ca.crt -H "Authorization: Bearer $(cat ${files}/token)" https://kubernetes.default/api/v1/pods`,
    );
    assert.match(answer, /system:serviceaccount:default:default\\" cannot list/);
  });

  it("is started again at its address when podhost is", async () => {
    await start("steady");
    const address = ["get", "pod", "steady", "-o", "jsonpath={.status.podIP}"];
    const before = await lab.kubectl(address);
    await lab.order("kill", "podhost");
    await lab.order("start", "podhost");
    const restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1";
    await lab.kubectl(["wait", restarted, "pod/steady", "--timeout=60s"]);
    await lab.kubectl(["wait", "--for=condition=Ready", "pod/steady", "--timeout=60s"]);
    assert.equal(await inside("steady", "hostname"), "steady\n");
    assert.equal(await lab.kubectl(address), before);
  });

  /** What a program on the node prints, as far as it comes, and when it has begun to. */
  async function run(command: readonly [string, ...string[]]): Promise<Printed> {
    const child = lab.enter(command, { stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(child.stdout);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const begun = once(child.stdout, "data");
    return { begun, text: once(child, "close").then(() => text) };
  }
});
