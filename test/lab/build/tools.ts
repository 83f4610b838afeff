/** All programs that a lab is made of, built once and kept by version, in one folder of links. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, keepInUse, keyOf } from "./cache.ts";
import type { GoBuild } from "./go-program.ts";
import { buildGo, programs } from "./go-program.ts";
import { bringNetfilter } from "./netfilter.ts";
import { withProgress } from "./progress.ts";

/** The programs that one multi-call binary is. */
const kubePrograms = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
];

const versionPackage = "k8s.io/component-base/version";

export interface Tool {
  readonly build: GoBuild;
  /** For the person who waits. */
  readonly title: string;
  /** The names under which it is found. */
  readonly names: readonly string[];
}

function tools(): readonly Tool[] {
  const stamps = kubernetesStamps();
  return [
    {
      build: { module: ".", package: "kube", stamps },
      title:
        "building etcd and the Kubernetes control plane (10 minutes from nothing on two cores)",
      names: kubePrograms,
    },
    {
      build: { module: ".", package: "kubectl", stamps },
      title: "building kubectl",
      names: ["kubectl"],
    },
    {
      build: { module: ".", package: "podhost" },
      title: "building podhost, the lab's node",
      names: ["podhost"],
    },
    {
      build: { module: ".", package: "cluster" },
      title: "building cluster, which starts a lab",
      names: ["cluster"],
    },
    {
      build: { module: "coredns", package: "." },
      title: "building CoreDNS (2 minutes from nothing)",
      names: ["coredns"],
    },
  ];
}

/** The version that clients see is the one that go.mod pins. */
function kubernetesStamps(): Readonly<Record<string, string>> {
  const text = readFileSync(join(programs, "go.mod"), "utf8");
  const version = /^\s*(?:require )?k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(text)?.[1];
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (version === undefined) throw new Error("programs/go.mod does not say which Kubernetes");
  return {
    [`${versionPackage}.gitVersion`]: version,
    [`${versionPackage}.gitMajor`]: major,
    [`${versionPackage}.gitMinor`]: minor,
    [`${versionPackage}.gitTreeState`]: "clean",
  };
}

/** What decides what Go builds beside the sources. */
export function goVersion(): string {
  return execFileSync("go", ["env", "GOVERSION", "GOARCH"], { encoding: "utf8" });
}

/** The folder with every program of a lab; builds what is not there, and says so on standard error. */
export async function bringTools(): Promise<string> {
  const go = goVersion();
  const links = new Map<string, string>();
  for (const tool of tools()) {
    const folder = await bringGo(tool, go);
    const [file = ""] = readdirSync(folder);
    for (const name of tool.names) links.set(name, join(folder, file));
  }
  const netfilter = await cached("netfilter-1", (folder) =>
    withProgress("bringing nft and iptables", () => bringNetfilter(folder)),
  );
  for (const name of readdirSync(netfilter).filter((name) => name !== "root")) {
    links.set(name, join(netfilter, name));
  }
  const key = keyOf(programs, [], [...links].flat());
  const folder = await cached(`programs-${key}`, async (folder) => {
    for (const [name, target] of links) symlinkSync(target, join(folder, name));
  });
  keepInUse([folder, ...[...links.values()].map((target) => dirname(target))]);
  return folder;
}

/** The folder with a program that is built with Go; builds it when it is not there. */
export async function bringGo({ build, title, names }: Tool, go: string): Promise<string> {
  const folder = join(programs, build.module);
  const sources = [`${build.package}/*.go`, "go.mod", "go.sum"];
  const key = keyOf(folder, sources, [go, JSON.stringify(build.stamps ?? {})]);
  const name = names.length === 1 ? (names[0] ?? "") : build.package;
  return await cached(`${name}-${key}`, (work) =>
    withProgress(title, (progress) => buildGo(build, join(work, name), progress)),
  );
}
