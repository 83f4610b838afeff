/** Writes the part of deploy/ that follows from our code; with `--check` only says whether it is what would be written. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPodBootstrap } from "#proxies/kubernetes/pod-bootstrap.ts";

const deploy = join(import.meta.dirname, "../deploy");

/** What the manifests beside it say, too: names, ports and where things are mounted. */
const namespace = "sekisho-system";
const bootstrapFiles = formatPodBootstrap({
  namespace,
  nodeCluster: "sekisho",
  xdsPort: 18_000,
  readyPort: 9001,
  // Of the 1 GiB that the container may have: the rest is for what is not on the heap.
  maxHeapBytes: 900 * 1024 * 1024,
  paths: {
    bootstrap: "/etc/sekisho/bootstrap",
    xds: "/etc/sekisho/xds",
    adminSocket: "/run/envoy/admin.sock",
  },
});

function configMap(): string {
  const data = Object.entries(bootstrapFiles).map(
    ([name, text]) => `  ${name}: |\n${text.trimEnd().replaceAll(/^/gm, "    ")}\n`,
  );
  return `# Written by "npm run generate": what the Envoys are started with.
apiVersion: v1
kind: ConfigMap
metadata:
  name: sekisho-proxy-bootstrap
  namespace: ${namespace}
data:
${data.join("")}`;
}

const files = { "proxy-bootstrap.yaml": configMap() };
for (const [name, text] of Object.entries(files)) {
  const path = join(deploy, name);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`deploy/${name} is not up to date: run npm run generate`);
    process.exitCode = 1;
  }
}
