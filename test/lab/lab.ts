/** A Kubernetes of its own for a test: a real control plane and a node that runs pods as processes of this machine. */

import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bringTools } from "./build/tools.ts";
import type { ClusterProcess } from "./cluster-process.ts";
import { startCluster } from "./cluster-process.ts";
import type { Forward } from "./forward.ts";
import { openForward } from "./forward.ts";
import type { LabImage } from "./images.ts";
import { labImages } from "./images.ts";
import { lastWords } from "./last-words.ts";

export interface LabOptions {
  /** More programs that stand for images; they come before the lab's own. */
  readonly images?: readonly LabImage[];
  /** Flags that kube-apiserver gets beside its usual ones. */
  readonly apiserverFlags?: readonly string[];
  /** Only an API server and controllers; without it also cluster DNS and a class for claims, and the node is ready. */
  readonly without?: "pods";
}

export interface Lab extends AsyncDisposable {
  /** State and logs; removed when the lab ends. */
  readonly directory: string;
  /** An administrator's, for programs on this machine. */
  readonly kubeconfig: string;
  /** The same for programs inside. */
  readonly insideKubeconfig: string;
  /** Runs the real kubectl and resolves to what it prints; rejects with what it complains about. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** Starts a program on the lab's node: it sees the lab's network only, and ends with the lab. */
  readonly enter: (command: readonly [string, ...string[]], options?: SpawnOptions) => ChildProcess;
  /** A port of this machine's loopback that leads to an address inside. */
  readonly forward: (address: string) => Promise<Forward>;
  /** Stops, kills and starts parts of the control plane and the node. */
  readonly order: ClusterProcess["order"];
}

/** Where the API server listens inside. */
const apiAddress = "10.244.0.1:16443";

const manifests = join(import.meta.dirname, "manifests");

/** Starts a lab; the first one of a machine builds what it needs, which takes minutes and is said on standard error. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const programs = await bringTools();
  const parent = join(tmpdir(), "sekisho-labs");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "lab-"));
  const images = join(directory, "images.json");
  const known = [...(options.images ?? []), ...(await labImages(programs))];
  writeFileSync(images, JSON.stringify(known));
  const { apiserverFlags = [] } = options;
  await using started = new AsyncDisposableStack();
  const cluster = started.use(await startCluster({ directory, programs, images, apiserverFlags }));
  const lab = started.use(await withAccess(cluster, directory, programs));
  if (options.without !== "pods") await preparePods(lab);
  const all = started.move();
  return { ...lab, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function withAccess(
  cluster: ClusterProcess,
  directory: string,
  programs: string,
): Promise<Lab> {
  const forward = (address: string): Promise<Forward> =>
    openForward(join(directory, "dial.sock"), address);
  const insideKubeconfig = join(directory, "admin.kubeconfig");
  const kubeconfig = join(directory, "outside.kubeconfig");
  const api = await forward(apiAddress);
  const inside = readFileSync(insideKubeconfig, "utf8");
  writeFileSync(kubeconfig, inside.replace(apiAddress, `127.0.0.1:${api.port}`), { mode: 0o600 });
  const env = { ...process.env, PATH: `${programs}:${process.env["PATH"] ?? ""}` };
  return {
    directory,
    kubeconfig,
    insideKubeconfig,
    forward,
    order: cluster.order,
    kubectl: (args, input = "") =>
      runKubectl(join(programs, "kubectl"), ["--kubeconfig", kubeconfig, ...args], input),
    enter: (command, options = {}) => {
      const namespaces = [
        "--target",
        `${cluster.pid}`,
        "--net",
        "--mount",
        "--pid",
        "--uts",
        "--ipc",
      ];
      return spawn("nsenter", [...namespaces, `--wd=${process.cwd()}`, "--", ...command], {
        ...options,
        env: { ...env, KUBECONFIG: insideKubeconfig, ...options.env },
      });
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

async function runKubectl(
  program: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  const child = spawn(program, args);
  child.stdin.on("error", () => undefined); // it ended without reading: its exit code says why
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [printed, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ]);
  if (code === 0) return printed;
  throw new Error(`kubectl ${args.slice(2).join(" ")}: ${complaint.trim() || `exit code ${code}`}`);
}

/** A node that is ready, names of Services, and volumes for claims. */
async function preparePods(lab: Lab): Promise<void> {
  try {
    await lab.kubectl(["apply", "--server-side", "-f", manifests]);
    const made = ["--for=create", "node/lab", "serviceaccount/default"];
    await lab.kubectl(["wait", ...made, "--timeout=120s"]);
    await lab.kubectl(["wait", "--for=condition=Ready", "node/lab", "--timeout=120s"]);
    const rollout = ["rollout", "status", "deployment/coredns", "--namespace=kube-system"];
    await lab.kubectl([...rollout, "--timeout=120s"]);
  } catch (cause) {
    throw new Error(`the lab's pods did not start${lastWords(lab.directory)}`, { cause });
  }
}
