/** Facts about the machine that figures cannot be read without, and none that names it. */

import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { formatNumber, percentile } from "./statistics.ts";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly system: string;
  readonly node: string;
  /** A small write and fsync where state was kept. */
  readonly fsyncP50Ms: number;
}

export function readMachine(directory: string): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    // Distributions add names of builds behind the version.
    kernel: /^[\d.]+/.exec(release())?.[0] ?? "unknown",
    system: systemName(),
    node: process.version,
    fsyncP50Ms: fsyncMs(directory),
  };
}

export function formatMachine(machine: Machine): string {
  const { processor, cores, memoryGib, kernel, system, node, fsyncP50Ms } = machine;
  return `${cores} cores (${processor}), ${memoryGib} GiB, ${system}, Linux ${kernel}, Node ${node}, fsync ${formatNumber(fsyncP50Ms)} ms`;
}

/** Over the last minute. */
export function readLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

function systemName(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}

function fsyncMs(directory: string): number {
  const file = join(directory, "fsync-sample");
  const handle = openSync(file, "w");
  try {
    const samples = Array.from({ length: 20 }, () => {
      const started = performance.now();
      writeSync(handle, "x".repeat(512));
      fsyncSync(handle);
      return performance.now() - started;
    });
    return percentile(samples, 0.5);
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
}
