/** Credentials from a program that the kubeconfig names (client-go credential plugins, `client.authentication.k8s.io`). */

import path from "node:path";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import { errorText } from "#runtime/telemetry/log-fields.ts";
import { StoreError } from "../../object-store.ts";
import type { Credential, Credentials } from "./cluster-access.ts";
import type { KubeconfigEntry } from "./kubeconfig.ts";

export interface ExecDeps {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface ExecCluster {
  readonly server: string;
  readonly trusted: string | undefined;
}

/** A program that asks somebody for a password waits for ever: nobody is there. */
const patience = Temporal.Duration.from({ seconds: 60 });
/** What is about to expire is not shown any more. */
const margin = Temporal.Duration.from({ seconds: 10 });

/** Runs the program when there is no credential, when it expires, and when the server refused it. */
export function execCredentials(
  deps: ExecDeps,
  entry: KubeconfigEntry,
  cluster: ExecCluster,
): Credentials {
  let kept:
    | { readonly credential: Credential; readonly until: Temporal.Instant | undefined }
    | undefined;
  let running: Promise<Credential> | undefined;
  const run = async (): Promise<Credential> => {
    const status = await runPlugin(deps, entry, cluster);
    const credential = credentialOf(status);
    kept = { credential, until: expiryOf(status) };
    return credential;
  };
  return {
    current: async () => {
      const isFresh =
        kept?.until === undefined ||
        Temporal.Instant.compare(deps.clock.now().add(margin), kept.until) < 0;
      if (kept !== undefined && isFresh) return kept.credential;
      running ??= run().finally(() => {
        running = undefined;
      });
      return await running;
    },
    refused: () => {
      kept = undefined;
    },
  };
}

async function runPlugin(
  { clock, processes, variables }: ExecDeps,
  { value, directory }: KubeconfigEntry,
  cluster: ExecCluster,
): Promise<JsonObject> {
  const { command, args, env, apiVersion } = value;
  if (typeof command !== "string") throw denied("the kubeconfig's exec entry names no command");
  const late = new AbortController();
  const cancel = clock.after(patience, () => late.abort());
  try {
    const ended = await processes.run(
      {
        // A name with a slash is a path, relative to the kubeconfig; others are looked up in PATH.
        command: command.includes("/") ? path.resolve(directory, command) : command,
        args: texts(args),
        env: {
          ...given(variables),
          ...variablesOf(env),
          KUBERNETES_EXEC_INFO: execInfo(apiVersion, cluster, value["provideClusterInfo"] === true),
        },
      },
      late.signal,
    );
    // What it printed may hold the credential: only its complaint is shown.
    if (ended.code !== 0)
      throw denied(
        `${command} failed: ${ended.stderr.trim().slice(0, 300) || `exit code ${ended.code}`}`,
      );
    return statusOf(command, ended.stdout);
  } catch (error) {
    throw error instanceof StoreError ? error : withoutAnswer(command, late.signal, error);
  } finally {
    cancel();
  }
}

function withoutAnswer(command: string, late: AbortSignal, cause: unknown): StoreError {
  const reason = late.aborted ? "it did not end" : errorText(cause);
  return new StoreError("denied", `${command} gave no credential: ${reason}`, { cause });
}

function statusOf(command: string, output: string): JsonObject {
  const answer = parseQuietly(output);
  if (answer === undefined) throw denied(`${command} printed no ExecCredential`);
  const status = isJsonObject(answer) ? (answer as JsonObject)["status"] : undefined;
  if (!isJsonObject(status)) throw denied(`${command} printed an ExecCredential without status`);
  return status as JsonObject;
}

function parseQuietly(output: string): Json | undefined {
  try {
    return JSON.parse(output) as Json;
  } catch {
    // The parser's message would quote the output, which holds the credential.
    return undefined;
  }
}

function credentialOf({ token, clientCertificateData, clientKeyData }: JsonObject): Credential {
  const identity =
    typeof clientCertificateData === "string" && typeof clientKeyData === "string"
      ? { identity: { certificate: clientCertificateData, key: clientKeyData } }
      : {};
  return typeof token === "string" && token !== ""
    ? { ...identity, authorization: `Bearer ${token}` }
    : identity;
}

function expiryOf({ expirationTimestamp }: JsonObject): Temporal.Instant | undefined {
  if (typeof expirationTimestamp !== "string") return undefined;
  try {
    return Temporal.Instant.from(expirationTimestamp);
  } catch {
    // No time that anybody can read: it counts until the server refuses it.
    return undefined;
  }
}

function execInfo(apiVersion: Json | undefined, cluster: ExecCluster, tells: boolean): string {
  const { server, trusted } = cluster;
  const about = {
    server,
    ...(trusted === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(trusted).toString("base64") }),
  };
  return JSON.stringify({
    apiVersion: typeof apiVersion === "string" ? apiVersion : "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive: false, ...(tells ? { cluster: about } : {}) },
  });
}

function given(
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const set = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}

function variablesOf(env: Json | undefined): Readonly<Record<string, string>> {
  const pairs = Array.isArray(env) ? (env as readonly Json[]) : [];
  const named = pairs.flatMap((pair): readonly [string, string][] => {
    const { name, value } = isJsonObject(pair) ? (pair as JsonObject) : {};
    return typeof name === "string" && typeof value === "string" ? [[name, value]] : [];
  });
  return Object.fromEntries(named);
}

function texts(list: Json | undefined): readonly string[] {
  const all = Array.isArray(list) ? (list as readonly Json[]) : [];
  return all.filter((one) => typeof one === "string");
}

function denied(message: string): StoreError {
  return new StoreError("denied", message);
}
