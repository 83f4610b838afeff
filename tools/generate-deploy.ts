/** Writes the part of deploy/ that follows from our code; with `--check` only says whether it is what would be written. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatYaml } from "#cli/output/object-text.ts";
import {
  customResourceDefinition,
  definedKinds,
  definitionName,
} from "#kinds/custom-resource-definition.ts";
import { formatReadyBootstrap } from "#proxies/bootstrap.ts";
import { formatPodBootstrap } from "#proxies/kubernetes/pod-bootstrap.ts";
import { admissionManifests } from "./admission-policies.ts";

const deploy = join(import.meta.dirname, "../deploy");

/** What the manifests beside it say, too: names, ports and where things are mounted. */
const namespace = "sekisho-system";
const bootstrapFiles = formatPodBootstrap({
  namespace,
  nodeCluster: "sekisho",
  xdsPort: 18_000,
  // Of the 1 GiB that the container may have: the rest is for what is not on the heap.
  maxHeapBytes: 900 * 1024 * 1024,
  paths: {
    bootstrap: "/etc/sekisho/bootstrap",
    xds: "/etc/sekisho/xds",
    adminSocket: "/run/envoy/admin.sock",
    authorizationSocket: "/run/envoy/authorization.sock",
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

/**
 * One file a kind, in a folder of their own: `kubectl apply -f deploy/` must not change definitions that others keep, nor
 * `kubectl delete -f deploy/` delete what people made of them.
 */
const definitions = "crds";
const definitionFiles = definedKinds.map((kind) => {
  const text = `# Written by "npm run generate": applied by "sekisho install crds" where nobody else defines it.\n${formatYaml(customResourceDefinition(kind))}`;
  return [join(definitions, `${definitionName(kind)}.yaml`), text] as const;
});

/** Apart, too: they hold for whoever asks for certificates in the cluster. */
const admission = "admission";
const admissionFiles = [...admissionManifests].map(([name, { comment, objects }]) => {
  const text = `# Written by "npm run generate": ${comment}\n${objects.map(formatYaml).join("---\n")}`;
  return [join(admission, name), text] as const;
});

const proxyManifest = "3-proxy.yaml";

/** The argument in a manifest that is written by hand otherwise; the kubelet puts the address of the pod into it. */
function withReadyListener(manifest: string): string {
  const ready = formatReadyBootstrap({ address: "$(POD_IP)", port: 9001 });
  return manifest.replace(
    /(- --config-yaml\n +- ).*/,
    (_, before: string) => `${before}'${ready}'`,
  );
}

const files = new Map([
  ["proxy-bootstrap.yaml", configMap()],
  [proxyManifest, withReadyListener(readText(join(deploy, proxyManifest)))],
  ...definitionFiles,
  ...admissionFiles,
]);
const isCheck = process.argv.includes("--check");

function complain(text: string): void {
  console.error(`deploy/${text}: run npm run generate`);
  process.exitCode = 1;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it is not there yet, and then not up to date
  }
}

for (const folder of [definitions, admission]) mkdirSync(join(deploy, folder), { recursive: true });
for (const [name, text] of files) {
  const path = join(deploy, name);
  if (!isCheck) writeFileSync(path, text);
  else if (readText(path) !== text) complain(`${name} is not up to date`);
}
for (const name of readdirSync(join(deploy, definitions))) {
  const path = join(definitions, name);
  if (files.has(path)) continue;
  if (isCheck) complain(`${path} belongs to no kind`);
  else rmSync(join(deploy, path));
}
