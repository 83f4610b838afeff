/** Which isolation this machine and this user allow: found by making a pod and running a program in it. */

import type { Files } from "#runtime/files.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import { gatewayAddress } from "../addresses.ts";
import type { Isolation, IsolationMode, PodRequest } from "./isolation.ts";
import { IsolationError } from "./isolation.ts";
import type { NamespaceDeps } from "./namespace-deps.ts";
import { createNoIsolation } from "./none.ts";
import { createRootIsolation } from "./root.ts";
import { createUserIsolation } from "./user.ts";

export interface IsolationSettings {
  readonly wanted: "auto" | IsolationMode;
  readonly block: string;
  readonly nodePath: string;
  /** What the trial pod gets. */
  readonly trial: Omit<PodRequest, "ports" | "hostNetwork">;
}

export interface DetectedIsolation {
  readonly isolation: Isolation;
  /** The first port that this user may listen on. */
  readonly firstFreePort: number;
  /** Why the ones before it in the list were passed over. */
  readonly reasons: readonly string[];
}

/** The strongest isolation that works, or the one wanted; nothing found is no isolation. */
export async function detectIsolation(
  deps: NamespaceDeps,
  settings: IsolationSettings,
): Promise<DetectedIsolation> {
  const { wanted, block, nodePath } = settings;
  const privileged = await isPrivileged(deps.files);
  const firstFreePort = privileged ? 0 : await readFirstFreePort(deps.files);
  const gateway = gatewayAddress(block);
  const candidates = [
    ...(privileged ? [createRootIsolation(deps, { block, gateway })] : []),
    ...(privileged && wanted !== "user"
      ? []
      : [createUserIsolation(deps, { nodePath, firstFreePort })]),
  ].filter(({ mode }) => wanted === "auto" || wanted === mode);
  const reasons: string[] = [];
  for (const isolation of candidates) {
    const refused = await tryOut(isolation, deps, settings.trial);
    if (refused === undefined) return { isolation, firstFreePort, reasons };
    reasons.push(`${isolation.mode}: ${refused}`);
  }
  if (wanted === "root" && !privileged) reasons.push("root: not running as root");
  return { isolation: createNoIsolation(deps.network, firstFreePort), firstFreePort, reasons };
}

async function tryOut(
  isolation: Isolation,
  deps: NamespaceDeps,
  trial: Omit<PodRequest, "ports" | "hostNetwork">,
): Promise<string | undefined> {
  try {
    const place = await isolation.open({ ...trial, ports: [], hostNetwork: false });
    try {
      const mount = {
        source: trial.mountRoom,
        target: "/sekisho/trial",
        kind: "directory",
        readOnly: true,
      } as const;
      const program = { command: "true", args: [], workingDir: undefined };
      const result = await deps.processes.run({ ...place.enter(program, [mount]), env: trial.env });
      return result.code === 0 ? undefined : result.stderr.trim();
    } finally {
      await place.close();
    }
  } catch (cause) {
    if (cause instanceof IsolationError || cause instanceof ProcessError) return cause.message;
    throw cause;
  }
}

/** Linux capability numbers (capabilities(7)): CAP_NET_ADMIN and CAP_SYS_ADMIN. */
const netAdmin = 1n << 12n;
const sysAdmin = 1n << 21n;

async function isPrivileged(files: Files): Promise<boolean> {
  const text = Buffer.from(await files.read("/proc/self/status", 64 * 1024)).toString("utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text)?.[1] ?? "0"}`);
  return (effective & netAdmin) !== 0n && (effective & sysAdmin) !== 0n;
}

async function readFirstFreePort(files: Files): Promise<number> {
  const path = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
  if ((await files.status(path)) === undefined) return 1024;
  return Number(
    Buffer.from(await files.read(path, 64))
      .toString("utf8")
      .trim(),
  );
}
