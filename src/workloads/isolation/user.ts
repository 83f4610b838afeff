/** Pods with namespaces of their own for ordinary users: a relay in the pod passes connections on (see relay.ts). */

import { fileURLToPath } from "node:url";
import { identityOf } from "#runtime/processes/process-table.ts";
import type { ProcessIdentity } from "#runtime/processes/processes.ts";
import type { Isolation, PodPlace, PodRequest } from "./isolation.ts";
import { IsolationError } from "./isolation.ts";
import type { NamespaceDeps } from "./namespace-deps.ts";
import { createNoIsolation, movedPort } from "./none.ts";
import { enter } from "./root.ts";

const relayFile = fileURLToPath(new URL("./relay.ts", import.meta.url));
const namespaces = ["--user", "--preserve-credentials", "--net", "--uts"];

export interface UserSettings {
  /** The Node binary that runs the relay. */
  readonly nodePath: string;
  /** The first port an ordinary user may listen on; lower ones are reached at moved ones. */
  readonly firstFreePort: number;
}

/** An {@link Isolation} for users who may make user namespaces. */
export function createUserIsolation(deps: NamespaceDeps, settings: UserSettings): Isolation {
  const beside = createNoIsolation(deps.network, settings.firstFreePort);
  return {
    mode: "user",
    open: async (pod) =>
      pod.hostNetwork ? await beside.open(pod) : await openPlace(deps, settings, pod),
    adopt: async (pod, holder) => {
      if (pod.hostNetwork) return await beside.adopt(pod, holder);
      const lives = holder !== undefined && (await deps.processes.alive(holder));
      return lives ? placeOf(deps, settings, { pod, holder }) : undefined;
    },
  };
}

async function openPlace(
  deps: NamespaceDeps,
  settings: UserSettings,
  pod: PodRequest,
): Promise<PodPlace> {
  const { nodePath, firstFreePort } = settings;
  const { processes, files } = deps;
  const moved = (port: number): number => movedPort(port, firstFreePort);
  const ports = pod.ports.map((port) => `${port}=${moved(port)}`);
  const opened = await processes.run({
    command: nodePath,
    args: [relayFile, "open", pod.address, pod.hostname, ...ports],
    env: pod.env,
  });
  const holder = await identityOf(files, Number(opened.stdout.trim() || Number.NaN));
  if (opened.code !== 0 || holder === undefined) {
    throw new IsolationError(`no namespaces for the pod: ${opened.stderr.trim()}`);
  }
  return placeOf(deps, settings, { pod, holder });
}

function placeOf(
  deps: NamespaceDeps,
  { firstFreePort }: UserSettings,
  { pod, holder }: { readonly pod: PodRequest; readonly holder: ProcessIdentity },
): PodPlace {
  const { processes } = deps;
  return {
    holder,
    mounts: true,
    listenPort: (port) => port,
    reach: (port) => movedPort(port, firstFreePort),
    enter: (invocation, mounts) => enter(namespaces, `${holder.pid}`, { invocation, mounts, pod }),
    listens: (port) => listensInside(deps, holder, port),
    close: async () => {
      await processes.signal(holder, "SIGKILL", "group");
    },
  };
}

/** Whether the pod's socket table has a listener: the relay itself accepts whatever the program does. */
async function listensInside(
  deps: NamespaceDeps,
  holder: ProcessIdentity,
  port: number,
): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  // proc_net_tcp(5): local address, remote address, state; 0A is LISTEN.
  const line = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F:]+ 0A `, "m");
  for (const table of ["tcp", "tcp6"]) {
    const path = `/proc/${holder.pid}/net/${table}`;
    if ((await deps.files.status(path)) === undefined) continue;
    const text = Buffer.from(await deps.files.read(path, 4 * 1024 * 1024)).toString("utf8");
    if (line.test(text)) return true;
  }
  return false;
}
