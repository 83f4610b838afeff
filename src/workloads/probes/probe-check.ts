/** One try of a probe against a container. */

import type { Container, HttpGet, Probe } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Network } from "#runtime/network/network.ts";
import { NetworkError } from "#runtime/network/network.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import type { PodPlace } from "../isolation/isolation.ts";
import { probeTimeout } from "./probe-loop.ts";

export interface ProbeTarget {
  readonly container: Container;
  readonly place: PodPlace;
  /** The pod's address. */
  readonly address: string;
  /** What exec probes see. */
  readonly env: Readonly<Record<string, string>>;
  /** Exec probes run; else they pass without running (a finding says so). */
  readonly manifestCommands: boolean;
}

interface Outside {
  readonly clock: Clock;
  readonly network: Network;
  readonly processes: Processes;
}

/** True when the probe passes. A probe of a form that cannot be tried here passes; a finding says so. */
export async function checkProbe(
  probe: Probe,
  target: ProbeTarget,
  outside: Outside,
  signal: AbortSignal,
): Promise<boolean> {
  const timeout = probeTimeout(probe);
  if (probe.httpGet !== undefined) {
    const status = await getStatus(probe.httpGet, target, outside, { timeout, signal });
    return status >= 200 && status < 400;
  }
  if (probe.tcpSocket !== undefined) {
    const port = resolvePort(probe.tcpSocket.port, target.container);
    if (port === undefined) return false;
    if (probe.tcpSocket.host === undefined) return await target.place.listens(port, signal);
    const far = { host: probe.tcpSocket.host, port };
    return await succeeds(outside.network.connect(far, timeout, signal));
  }
  const [command, ...args] = probe.exec?.command ?? [];
  if (command === undefined || !target.manifestCommands) return true;
  const entered = target.place.enter({ command, args, workingDir: undefined }, []);
  const late = new AbortController();
  const cancel = outside.clock.after(timeout, () => late.abort());
  try {
    const limit = AbortSignal.any([signal, late.signal]);
    const result = await outside.processes.run({ ...entered, env: target.env }, limit);
    return result.code === 0;
  } catch {
    // A command that cannot be started or does not end in time is a failed probe.
    return false;
  } finally {
    cancel();
  }
}

/** The status of an httpGet probe or hook; 0 when there was no answer. */
export async function getStatus(
  httpGet: HttpGet,
  target: Pick<ProbeTarget, "container" | "place" | "address">,
  outside: Pick<Outside, "network">,
  limit: { readonly timeout: Temporal.Duration; readonly signal: AbortSignal },
): Promise<number> {
  const port = resolvePort(httpGet.port, target.container);
  if (port === undefined) return 0;
  const headers = [...(httpGet.httpHeaders ?? [])];
  const has = (name: string): boolean => headers.some((entry) => entry.name.toLowerCase() === name);
  if (!has("user-agent")) headers.push({ name: "User-Agent", value: "kube-probe/sekisho" });
  if (!has("accept")) headers.push({ name: "Accept", value: "*/*" });
  const question = {
    host: httpGet.host ?? target.address,
    port: httpGet.host === undefined ? target.place.reach(port) : port,
    scheme: httpGet.scheme ?? "HTTP",
    path: `/${(httpGet.path ?? "").replace(/^\//, "")}`,
    headers,
  } as const;
  try {
    return await outside.network.getStatus(question, limit.timeout, limit.signal);
  } catch (cause) {
    if (cause instanceof NetworkError) return 0;
    throw cause;
  }
}

async function succeeds(attempt: Promise<void>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (cause) {
    if (cause instanceof NetworkError) return false;
    throw cause;
  }
}

/** A port number, or the container's port of that name. */
function resolvePort(port: number | string, container: Container): number | undefined {
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  return usable(container.ports).find((entry) => entry.name === port)?.containerPort;
}
