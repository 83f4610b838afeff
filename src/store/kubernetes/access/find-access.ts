/** Which cluster is meant: by a file that was named, by KUBECONFIG, by the pod we run in, by the file in the home directory. */

import path from "node:path";
import { StoreError } from "../../object-store.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { accessOf, type ContextDeps } from "./context-access.ts";
import { readSecretFile, renewed } from "./file-credentials.ts";
import { chooseContext, type KubeconfigFile } from "./kubeconfig.ts";

export interface FindAccessDeps extends ContextDeps {
  readonly home: string;
  readonly workingDirectory: string;
}

export interface AskedAccess {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Where the kubelet puts what a pod needs to speak to its API server. */
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Throws StoreError `invalid` when no cluster is named anywhere, `denied` when what names it cannot be read. */
export async function findAccess(
  deps: FindAccessDeps,
  asked: AskedAccess = {},
): Promise<ClusterAccess> {
  const listed = asked.kubeconfig ?? deps.variables["KUBECONFIG"] ?? "";
  // Only the variable is a list; a path that was named may hold a colon.
  const named = asked.kubeconfig === undefined ? listed.split(path.delimiter) : [listed];
  const paths = named
    .filter((one) => one !== "")
    .map((one) => path.resolve(deps.workingDirectory, one));
  if (paths.length > 0) {
    const isRequired = asked.kubeconfig !== undefined;
    return await fromFiles(deps, isRequired ? paths : await existing(deps, paths), asked.context);
  }
  const pod = await fromPod(deps);
  if (pod !== undefined && asked.context === undefined) return pod;
  return await fromFiles(
    deps,
    await existing(deps, [path.join(deps.home, ".kube", "config")]),
    asked.context,
  );
}

async function existing(
  { files }: FindAccessDeps,
  paths: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((one) => files.status(one)));
  return paths.filter((_, index) => found[index] !== undefined);
}

async function fromFiles(
  deps: FindAccessDeps,
  paths: readonly string[],
  context: string | undefined,
): Promise<ClusterAccess> {
  if (paths.length === 0)
    throw new StoreError(
      "invalid",
      "no cluster is named: there is no kubeconfig, and this is no pod of one",
    );
  const read = paths.map(
    async (one): Promise<KubeconfigFile> => ({
      path: one,
      text: await readSecretFile(deps.files, one),
    }),
  );
  return await accessOf(deps, chooseContext(await Promise.all(read), context), paths.join(", "));
}

async function fromPod(deps: FindAccessDeps): Promise<ClusterAccess | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = deps.variables;
  const token = `${serviceAccount}/token`;
  if (host === undefined || host === "" || (await deps.files.status(token)) === undefined)
    return undefined;
  const read = (name: string): Promise<string> =>
    readSecretFile(deps.files, `${serviceAccount}/${name}`);
  return {
    server: {
      url: `https://${host.includes(":") ? `[${host}]` : host}:${port ?? "443"}`,
      trusted: await read("ca.crt"),
    },
    credentials: renewed(deps.clock, async () => ({
      authorization: `Bearer ${(await read("token")).trim()}`,
    })),
    namespace: (await read("namespace")).trim(),
    from: "the pod's service account",
  };
}
