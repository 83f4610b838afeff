/** Load on several proxies in turn → what each run cost, alone and beside the others of its round. */

import { execFileSync } from "node:child_process";
import {
  askUnderLoad,
  type LoadMode,
  type LoadPrograms,
  type LoadResult,
} from "../measure/load-client.ts";
import { cpuMsOf, threadCpuMsOf } from "../measure/process-cost.ts";
import { type Spread, spreadOf } from "../measure/statistics.ts";
import type { BenchContext, Started } from "./part.ts";

/** A proxy that was started for all of its runs. */
export interface Contender {
  readonly name: string;
  readonly one: Started;
}

export interface LoadRun extends LoadResult {
  readonly proxyUs: number;
  readonly controlUs: number;
}

export interface LoadRow {
  readonly subject: string;
  readonly mode: LoadMode;
  readonly runs: LoadRun[];
}

export interface Load {
  readonly programs: LoadPrograms;
  /** What all contenders are asked for. */
  readonly host: string;
  readonly mode: LoadMode;
}

/** So many runs of each, one after another; the first run of each is not counted: connections, caches and allocators warm up. */
export async function runInTurn(
  context: BenchContext,
  contenders: readonly Contender[],
  load: Load,
): Promise<readonly LoadRow[]> {
  const { runs, seconds } = context.plan.throughput;
  const rows = contenders.map(({ name }) => ({
    subject: name,
    mode: load.mode,
    runs: [] as LoadRun[],
  }));
  for (let run = -1; run < runs; run += 1) {
    for (const [index, { name, one }] of contenders.entries()) {
      const what = `${name}, ${load.mode}, run ${run + 1}`;
      const measured = await context.attempt(what, () => ask(one, load, run < 0 ? 1 : seconds));
      if (run >= 0 && measured !== undefined) rows[index]?.runs.push(measured);
    }
  }
  return rows.filter((row) => row.runs.length > 0);
}

/** The rounds of one mode: in each, what a request cost of every contender, by their names. */
export interface Comparison {
  readonly mode: LoadMode;
  readonly rounds: readonly ReadonlyMap<string, number>[];
}

/**
 * Rounds of short runs, every other round in the opposite order: what slows the machine down for more than a few seconds
 * slows all of a round. A round of which a run failed does not count.
 */
export async function runInRounds(
  context: BenchContext,
  contenders: readonly Contender[],
  load: Load,
): Promise<Comparison> {
  const rounds: ReadonlyMap<string, number>[] = [];
  for (let round = 0; round < context.plan.throughput.rounds; round += 1) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    const costs = new Map<string, number>();
    for (const { name, one } of order) {
      const what = `${name}, ${load.mode}, round ${round + 1}`;
      const measured = await context.attempt(what, () => ask(one, load, 1));
      if (measured !== undefined) costs.set(name, measured.proxyUs);
    }
    if (costs.size === contenders.length) rounds.push(costs);
  }
  return { mode: load.mode, rounds };
}

/** What one costs as a share of what another does, round by round; undefined when one of them was not there. */
export function shareOf({ rounds }: Comparison, one: string, other: string): Spread | undefined {
  const shares = rounds.flatMap((costs) => {
    const [a, b] = [costs.get(one), costs.get(other)];
    return a === undefined || b === undefined ? [] : [a / b];
  });
  return shares.length === 0 ? undefined : spreadOf(shares);
}

async function ask(
  { running }: Started,
  { programs, host, mode }: Load,
  seconds: number,
): Promise<LoadRun> {
  const port = mode === "HTTP/1.1" ? running.http : running.https;
  const { proxy, control } = running.processes();
  const before = [threadCpuMsOf(proxy), cpuMsOf(control)] as const;
  const result = await askUnderLoad(programs, { mode, host, port, seconds });
  const us = (ms: number): number => (ms * 1000) / result.requests;
  return {
    ...result,
    proxyUs: us(threadCpuMsOf(proxy) - before[0]),
    controlUs: us(cpuMsOf(control) - before[1]),
  };
}

/** All threads of the processes. */
export function pin(pids: readonly number[], core: number): void {
  for (const pid of pids) {
    execFileSync("taskset", ["-apc", `${core}`, `${pid}`], { stdio: "ignore" });
  }
}
