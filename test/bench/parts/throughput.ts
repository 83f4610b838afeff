/** Requests as fast as one core of a proxy carries them, and the processor time each takes, beside a configuration by hand. */

import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  askUnderLoad,
  type LoadMode,
  type LoadPrograms,
  type LoadResult,
  loadModes,
} from "../measure/load-client.ts";
import { cpuMsOf } from "../measure/process-cost.ts";
import { formatNumber, formatSpread, spreadOf } from "../measure/statistics.ts";
import { findProgram } from "../programs/find-program.ts";
import { type NginxBackend, startNginxBackend } from "../programs/nginx-backend.ts";
import type { Bar, Figure, PartReport, Table } from "../report/report.ts";
import { staticEnvoy } from "../subjects/static-envoy.ts";
import type { Subject } from "../subjects/subject.ts";
import type { BenchContext, Part, Started } from "./part.ts";

const proxyCore = 0;
const clientCore = 1;
/** Ten host routes; the first has the name under which every machine reaches itself. */
const shape = {
  hosts: 10,
  routesPerHost: 1,
  services: 30,
  certificates: 10,
  firstHost: "localhost",
};
const leastShare = 0.97;

interface LoadRun extends LoadResult {
  readonly proxyUs: number;
  readonly controlUs: number;
}

interface LoadRow {
  readonly subject: string;
  readonly mode: LoadMode;
  readonly runs: LoadRun[];
}

export const throughputPart: Part = {
  name: "throughput",
  title: "Throughput",
  run: async (context) => {
    const wanted = ["wrk", "h2load", "nginx"].map((name) => {
      const debian = name === "h2load" ? "nghttp2-client" : name;
      const found = findProgram({ name, from: { debian } }, context.mayInstall);
      if (found.kind === "found") return found.path;
      throw new Error(`throughput needs ${name}, of Debian's ${debian}: ${found.reason}`);
    });
    const [wrk = "", h2load = "", nginx = ""] = wanted;
    const canPin = availableParallelism() > 1;
    const prefix = canPin ? ["taskset", "-c", `${clientCore}`] : [];
    await using backend = await startNginxBackend(nginx, join(context.directory, "backend"));
    if (canPin) pin([backend.pid], clientCore);
    const programs = { wrk, h2load, prefix, directory: context.directory };
    const subjects = subjectsOf(context);
    const rows = await measure(context, subjects, { programs, backend, canPin });
    return {
      tables: loadModes.map((mode) => tableOf(mode, rows)),
      bars: barsOf(rows),
      notes: [
        `One worker on core ${proxyCore}; client and backend (nginx, 65 bytes) on core ${clientCore}${canPin ? "" : " (not pinned: this machine has one core)"}. 50 connections; wrk for HTTP/1.1 and HTTPS, h2load -m1 for HTTP/2. New each time: h2load opens 500 connections a second, with a full TLS 1.3 handshake and one request on each. Runs alternate between the subjects.`,
        "CPU for each request is of the proxy's processes; it is the figure to compare. Requests per second are also limited by the client's core.",
        ...subjects.map(({ name, version, how }) => `${name} ${version}: ${how}`),
        ...context.leftOut,
      ],
      figures: rows.map(figureOf),
    } satisfies PartReport;
  },
};

function subjectsOf(context: BenchContext): readonly Subject[] {
  const common = { fedBy: "store", concurrency: 1, certificateLayout: "chains" } as const;
  const ours = context.sekisho({ ...common, name: "Sekisho" });
  return [
    ours,
    staticEnvoy(ours.version),
    context.sekisho({ ...common, name: "Sekisho, access log", accessLog: "text" }),
    ...context.peers,
  ];
}

interface Rig {
  readonly programs: LoadPrograms;
  readonly backend: NginxBackend;
  readonly canPin: boolean;
}

async function measure(
  context: BenchContext,
  subjects: readonly Subject[],
  { programs, backend, canPin }: Rig,
): Promise<readonly LoadRow[]> {
  const { runs, seconds } = context.plan.throughput;
  const rows: LoadRow[] = [];
  await using all = new AsyncDisposableStack();
  const started: { readonly name: string; readonly one: Started }[] = [];
  const backends = { a: backend.port, b: backend.port, bodyOfA: backend.body };
  for (const subject of subjects) {
    await context.attempt(`${subject.name}, start`, async () => {
      const one = all.use(await context.start(subject, shape, backends));
      if (canPin) pin(one.running.processes().proxy, proxyCore);
      started.push({ name: subject.name, one });
    });
  }
  for (const mode of loadModes) {
    const ofMode = started.map(({ name, one }) => ({
      subject: name,
      one,
      mode,
      runs: [] as LoadRun[],
    }));
    // The first run of each is not counted: connections, caches and allocators warm up.
    for (let run = -1; run < runs; run += 1) {
      for (const { subject, one, runs: ofSubject } of ofMode) {
        const asked = { mode, seconds: run < 0 ? 1 : seconds };
        const what = `${subject}, ${mode}, run ${run + 1}`;
        const measured = await context.attempt(what, () => load(one, programs, asked));
        if (run >= 0 && measured !== undefined) ofSubject.push(measured);
      }
    }
    rows.push(...ofMode.filter((row) => row.runs.length > 0));
  }
  return rows;
}

async function load(
  { running }: Started,
  programs: LoadPrograms,
  { mode, seconds }: { readonly mode: LoadMode; readonly seconds: number },
): Promise<LoadRun> {
  const port = mode === "HTTP/1.1" ? running.http : running.https;
  const { proxy, control } = running.processes();
  const before = [cpuMsOf(proxy), cpuMsOf(control)] as const;
  const result = await askUnderLoad(programs, { mode, host: shape.firstHost, port, seconds });
  const us = (ms: number): number => (ms * 1000) / result.requests;
  return {
    ...result,
    proxyUs: us(cpuMsOf(proxy) - before[0]),
    controlUs: us(cpuMsOf(control) - before[1]),
  };
}

/** All threads of the processes. */
function pin(pids: readonly number[], core: number): void {
  for (const pid of pids) {
    execFileSync("taskset", ["-apc", `${core}`, `${pid}`], { stdio: "ignore" });
  }
}

function tableOf(mode: LoadMode, rows: readonly LoadRow[]): Table {
  return {
    title: mode,
    columns: [
      "subject",
      "req/s",
      "p50 / p99 ms",
      "proxy CPU µs a request",
      "least",
      "control CPU µs a request",
      "failed",
    ],
    rows: rows
      .filter((row) => row.mode === mode)
      .map(({ subject, runs }) => [
        subject,
        formatSpread(spreadOf(runs.map((run) => run.perSecond))),
        `${formatNumber(spreadOf(runs.map((run) => run.p50Ms)).median)} / ${formatNumber(spreadOf(runs.map((run) => run.p99Ms)).median)}`,
        formatSpread(spreadOf(runs.map((run) => run.proxyUs))),
        formatNumber(spreadOf(runs.map((run) => run.proxyUs)).min),
        formatNumber(spreadOf(runs.map((run) => run.controlUs)).median),
        `${runs.reduce((sum, run) => sum + run.failed, 0)}`,
      ]),
  };
}

/** By the least of all runs: what disturbs a run only adds. */
function barsOf(rows: readonly LoadRow[]): readonly Bar[] {
  return loadModes.flatMap((mode) => {
    const least = (subject: string): number | undefined => {
      const row = rows.find((one) => one.mode === mode && one.subject === subject);
      return row === undefined ? undefined : spreadOf(row.runs.map((run) => run.proxyUs)).min;
    };
    const ours = least("Sekisho");
    const byHand = least("Envoy by hand");
    if (ours === undefined || byHand === undefined) return [];
    const share = byHand / ours;
    return [
      {
        what: `${mode}: share of a configuration by hand, by CPU for each request`,
        limit: `≥ ${leastShare * 100} %`,
        measured: `${Math.round(share * 1000) / 10} %`,
        isMet: share >= leastShare,
      },
    ];
  });
}

function figureOf({ subject, mode, runs }: LoadRow): Figure {
  return { subject, mode, runs: runs.map((run) => ({ ...run })) };
}
