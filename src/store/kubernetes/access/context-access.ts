/** A kubeconfig's context → where its server is and what to show it. */

import path from "node:path";
import type { JsonObject } from "#base/json.ts";
import { StoreError } from "../../object-store.ts";
import type { ClusterAccess, Credential, Credentials } from "./cluster-access.ts";
import { type ExecDeps, execCredentials } from "./exec-credentials.ts";
import { type FileCredentialsDeps, readSecretFile, renewed } from "./file-credentials.ts";
import type { ChosenContext, KubeconfigEntry } from "./kubeconfig.ts";

export type ContextDeps = ExecDeps & FileCredentialsDeps;

/** What no version of ours takes, each with the reason. */
const unsupported: Readonly<Record<string, string>> = {
  "proxy-url": "proxies are not used",
  "auth-provider": "Kubernetes removed these in 1.26; use an exec plugin",
  as: "impersonation is not used",
};

/** Throws StoreError `invalid` for what cannot be used, `denied` for files that cannot be read. */
export async function accessOf(
  deps: ContextDeps,
  context: ChosenContext,
  from: string,
): Promise<ClusterAccess> {
  refuseUnsupported(context.cluster.value);
  refuseUnsupported(context.user?.value ?? {});
  const { server, "tls-server-name": serverName } = context.cluster.value;
  if (typeof server !== "string" || !URL.canParse(server))
    throw new StoreError("invalid", `the cluster of context ${context.name} has no server`);
  const trusted = await readPart(deps, context.cluster, "certificate-authority");
  return {
    server: {
      url: server,
      ...(trusted === undefined ? {} : { trusted }),
      ...(typeof serverName === "string" && serverName !== "" ? { serverName } : {}),
      ...(context.cluster.value["insecure-skip-tls-verify"] === true ? { unverified: true } : {}),
    },
    credentials: credentialsOf(deps, context.user, { server, trusted }),
    namespace: context.namespace,
    from: `${from}, context ${context.name}`,
  };
}

function credentialsOf(
  deps: ContextDeps,
  user: KubeconfigEntry | undefined,
  cluster: { readonly server: string; readonly trusted: string | undefined },
): Credentials {
  if (user === undefined) return { current: async () => ({}), refused: () => undefined };
  const { exec } = user.value;
  if (typeof exec === "object" && exec !== null) {
    const entry = { value: exec as JsonObject, directory: user.directory };
    return execCredentials(deps, entry, cluster);
  }
  return renewed(deps.clock, () => readUser(deps, user));
}

async function readUser(deps: ContextDeps, user: KubeconfigEntry): Promise<Credential> {
  const certificate = await readPart(deps, user, "client-certificate");
  const key = await readPart(deps, user, "client-key");
  const authorization = await authorizationOf(deps, user);
  return {
    ...(certificate === undefined || key === undefined ? {} : { identity: { certificate, key } }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

async function authorizationOf(
  deps: ContextDeps,
  { value, directory }: KubeconfigEntry,
): Promise<string | undefined> {
  const { token, tokenFile, username, password } = value;
  // A file wins over the token beside it, as with client-go: it is the one that is renewed.
  if (typeof tokenFile === "string" && tokenFile !== "")
    return `Bearer ${(await readSecretFile(deps.files, path.resolve(directory, tokenFile))).trim()}`;
  if (typeof token === "string" && token !== "") return `Bearer ${token}`;
  if (typeof username !== "string" || username === "") return undefined;
  const pair = `${username}:${typeof password === "string" ? password : ""}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** What lies in the entry itself (`…-data`) or in a file it names. */
async function readPart(
  deps: ContextDeps,
  { value, directory }: KubeconfigEntry,
  name: string,
): Promise<string | undefined> {
  const data = value[`${name}-data`];
  if (typeof data === "string" && data !== "") return Buffer.from(data, "base64").toString("utf8");
  const file = value[name];
  if (typeof file !== "string" || file === "") return undefined;
  return await readSecretFile(deps.files, path.resolve(directory, file));
}

function refuseUnsupported(entry: JsonObject): void {
  for (const [field, reason] of Object.entries(unsupported)) {
    if (entry[field] === undefined) continue;
    throw new StoreError("invalid", `the kubeconfig's field ${field} is not supported: ${reason}`);
  }
}
