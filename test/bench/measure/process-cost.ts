/** What processes have cost so far, from /proc: processor time with that of reaped children, and memory. */

import { readdirSync, readFileSync } from "node:fs";

/** proc_pid_stat(5) counts in USER_HZ, which is 100 on every Linux that Node runs on. */
const msPerTick = 10;

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
}

/** Milliseconds of processor time of these processes, user and system, with their reaped children. */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (readStat(pid)?.cpuMs ?? 0), 0);
}

/**
 * The same of threads that live, to the nanosecond, for runs of a second. In ticks where the kernel does not say
 * (`CONFIG_SCHED_INFO`).
 */
export function threadCpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (runMsOfThreads(pid) ?? cpuMsOf([pid])), 0);
}

function runMsOfThreads(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"))
      .reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0);
  } catch {
    return undefined;
  }
}

/** The process and all that descend from it now. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = readStat(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Processes whose command line holds `text`. */
export function processesNaming(text: string): readonly number[] {
  return allPids().filter((pid) => readProc(pid, "cmdline")?.includes(text) === true);
}

/** Processes of a pod of a lab, whose host name its name is; with `text` those whose command line holds it. */
export function processesOfPod(pod: string, text = ""): readonly number[] {
  return processesNaming(text).filter((pid) =>
    readProc(pid, "environ")?.split("\0").includes(`HOSTNAME=${pod}`),
  );
}

/** Kilobytes as the kernel counts them. */
export interface Memory {
  readonly residentKb: number;
  /** Shared pages counted by share; 0 where the kernel does not tell. */
  readonly proportionalKb: number;
  readonly peakKb: number;
}

/** Of several processes together. */
export function memoryOf(pids: readonly number[]): Memory {
  const each = pids.map((pid) => {
    const status = readProc(pid, "status") ?? "";
    return {
      residentKb: field(status, "VmRSS"),
      proportionalKb: field(readProc(pid, "smaps_rollup") ?? "", "Pss"),
      peakKb: field(status, "VmHWM"),
    };
  });
  const sum = (of: keyof Memory): number => each.reduce((total, one) => total + one[of], 0);
  return {
    residentKb: sum("residentKb"),
    proportionalKb: sum("proportionalKb"),
    peakKb: sum("peakKb"),
  };
}

function allPids(): readonly number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readStat(pid: number): Stat | undefined {
  const text = readProc(pid, "stat");
  if (text === undefined) return undefined;
  // The name in parentheses may hold spaces and parentheses: what follows the last one is plain.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
  return { parent: Number(fields[1]), cpuMs: ticks * msPerTick };
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

/** Undefined when the process is gone. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
