/** Our own program as it is shipped: the bundle in dist/, which runs Envoy, fed by its store or by files. */

import { mkdir, rename, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { askGate } from "#api/gate-calls.ts";
import { createRemoteStore } from "#api/remote-store.ts";
import type { JsonObject } from "#base/json.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import type { Draft } from "#store/object-store.ts";
import { putDraft } from "#store/put-draft.ts";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { processesNaming } from "../measure/process-cost.ts";
import { startProgram } from "../programs/program.ts";
import {
  allObjects,
  ingressName,
  type ObjectPlace,
  objectsOf,
  onThisMachine,
  serverName,
} from "../world/kubernetes-objects.ts";
import { changeKinds, type World } from "../world/world.ts";
import { fillStore } from "./filled-store.ts";
import type { RunningSubject, Subject } from "./subject.ts";

export interface SekishoSettings {
  readonly fedBy: "store" | "files";
  /** Default: as the program chooses. */
  readonly certificateLayout?: "chains" | "on-demand";
  /** Worker threads of Envoy. */
  readonly concurrency: number;
  /** Default: none, as the peers have none. */
  readonly accessLog?: "text";
  /** A program in Envoy's place, which runs Envoy in its turn. */
  readonly envoy?: string;
  /** What hosts are said in. Default: Ingresses. */
  readonly hostsAre?: "VirtualServers";
  /** Also served, written with the rest. Default: nothing. */
  readonly more?: readonly Draft[];
  /** Where the name is not to say how it is fed. */
  readonly name?: string;
}

export interface SekishoProgram {
  /** The directory of the bundle. */
  readonly bundle: string;
  /** Of what is run, for people. */
  readonly version: string;
  /** Where the control plane's processor profile goes. */
  readonly profile: string | undefined;
}

const socket = createLocalSocket();

export function sekisho(settings: SekishoSettings, program: SekishoProgram): Subject {
  return {
    name: settings.name ?? `Sekisho, ${settings.fedBy}`,
    how:
      settings.fedBy === "store"
        ? "objects written to the store over its local socket, each durable when the write returns"
        : "manifests in a watched directory, a file for each host and each Service",
    version: program.version,
    changes: changeKinds,
    start: (world, directory) => start({ ...settings, ...program }, world, directory),
  };
}

async function start(
  settings: SekishoSettings & SekishoProgram,
  world: World,
  directory: string,
): Promise<RunningSubject> {
  const manifests = join(directory, "manifests");
  const data = join(directory, "data");
  await mkdir(manifests, { recursive: true });
  const place: ObjectPlace = {
    ...onThisMachine,
    ...(settings.hostsAre === undefined ? {} : { hostsAre: settings.hostsAre }),
  };
  const ports = await freePorts("http", "https");
  const objects = [...allObjects(world, place), ...(settings.more ?? [])];
  if (settings.fedBy === "store") {
    await fillStore(data, objects, (draft) => statusOf(draft, [ports.http, ports.https]));
  } else for (const draft of objects) await writeManifest(manifests, draft);
  const config = join(directory, "sekisho.yaml");
  await writeFile(config, configText(settings));
  const envoy = settings.envoy ?? (await envoyProgram());
  const startedAt = performance.now();
  const program = await startProgram({
    command: join(settings.bundle, "sekisho"),
    args: [
      ...["up", manifests, "--json"],
      ...["--data", data, "--config", config, "--envoy", envoy],
      ...["--http", `${ports.http}`, "--https", `${ports.https}`],
    ],
    env: environmentOf(settings),
    log: join(directory, "sekisho.log"),
    directory,
  });
  const store = createRemoteStore(socket, join(data, "api.sock"));
  const write = (draft: Draft): Promise<unknown> =>
    settings.fedBy === "store" ? putDraft(store, draft) : writeManifest(manifests, draft);
  return {
    ...ports,
    startedAt,
    processes: () => ({
      proxy: processesNaming(join(data, "envoy")).filter((pid) => pid !== program.pid),
      control: [program.pid],
    }),
    apply: async (change) => {
      for (const draft of objectsOf(world, change, place)) await write(draft);
    },
    remove: async (routes) => {
      for (const route of routes) await store.remove(keyOfHost(world, route, place));
    },
    bytesSent: () => xdsBytes(join(data, "api.sock")),
    death: program.death,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function configText(settings: SekishoSettings): string {
  const config = {
    address: "127.0.0.1",
    workloads: "none",
    concurrency: settings.concurrency,
    drainSeconds: 1,
    accessLog: { format: settings.accessLog ?? "none" },
    ...(settings.certificateLayout === undefined
      ? {}
      : { certificateLayout: settings.certificateLayout }),
  };
  return JSON.stringify(config);
}

/** Compiled once, as it is when a program is started for the second time. */
function environmentOf({ bundle, profile }: SekishoProgram): Readonly<Record<string, string>> {
  return {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
    NODE_COMPILE_CACHE: join(bundle, "compiled"),
    ...(profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }),
  };
}

/** JSON is YAML, and this is how it is written most quickly. */
async function writeManifest(directory: string, draft: Draft): Promise<void> {
  const { apiVersion, kind, metadata, body } = draft;
  const target = join(directory, `${kind.toLowerCase()}-${metadata.name}.yaml`);
  await writeFile(`${target}.new`, JSON.stringify({ apiVersion, kind, metadata, ...body }));
  await rename(`${target}.new`, target);
}

function keyOfHost(world: World, route: number, { hostsAre }: ObjectPlace): ObjectKey {
  return hostsAre === undefined
    ? {
        kind: "Ingress.networking.k8s.io",
        namespace: "default",
        name: ingressName(world, route),
      }
    : {
        kind: "VirtualServer.k8s.nginx.org",
        namespace: "default",
        name: serverName(world, route),
      };
}

/** What a gate on this address has written to it. */
function statusOf({ kind, metadata }: Draft, ports: readonly number[]): JsonObject | undefined {
  if (kind === "Ingress") return { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } };
  if (kind !== "VirtualServer") return undefined;
  return {
    ...{ state: "Valid", reason: "AddedOrUpdated" },
    message: `Configuration for default/${metadata.name} was added or updated `,
    externalEndpoints: [{ ip: "127.0.0.1", ports: `[${ports.join(",")}]` }],
  };
}

async function xdsBytes(path: string): Promise<number> {
  const text = await askGate(socket, path, "gate.metrics", null);
  const samples = text.matchAll(/^sekisho_xds_bytes_total\{[^}]*\} (\S+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
