/** From the start of the program to the first right answer of the last host, and the memory it takes, by size. */

import { cpuMsOf, type Memory, memoryOf } from "../measure/process-cost.ts";
import { formatNumber, formatSpread, spreadOf } from "../measure/statistics.ts";
import { pause } from "../measure/waiting.ts";
import { deferredClusters } from "../programs/envoy-with.ts";
import { atMost, type Bar, type Figure, type PartReport, type Table } from "../report/report.ts";
import type { Subject } from "../subjects/subject.ts";
import { fewestServices, type WorldShape } from "../world/world.ts";
import type { BenchContext, Part } from "./part.ts";

const sharedServices = 100;
const workers = 1;
/** Statuses and other things that may wait are written after the start. */
const settleMs = 2_000;
/** The bars hold at this size. */
const barHosts = 10_000;

/** How starts are measured. */
export const startNote =
  "A program that has its world on disk already is started; a client asks the last host every 2 ms. CPU and memory are read 2 s after that answer. RSS counts shared pages in full, PSS by share; peak is the greatest RSS so far.";

interface StartRun {
  readonly answeredMs: number;
  readonly proxyCpuMs: number;
  readonly controlCpuMs: number | undefined;
  readonly proxy: Memory;
  readonly control: Memory | undefined;
}

export interface StartRow {
  readonly subject: string;
  readonly shape: WorldShape;
  readonly runs: readonly StartRun[];
}

export const startPart: Part = {
  name: "start",
  title: "Start and memory",
  run: async (context) => {
    const { plan, peers, leftOut } = context;
    const ours = (["store", "files"] as const).map((fedBy) =>
      context.sekisho({ fedBy, concurrency: workers }),
    );
    const shared: StartRow[] = [];
    for (const hosts of plan.start.hosts) {
      for (const subject of [...ours, ...peers]) {
        shared.push(...(await measureStarts(context, subject, shapeOf(hosts, sharedServices))));
      }
    }
    const own: StartRow[] = [];
    for (const hosts of plan.start.ownServices) {
      for (const subject of await clusterVariants(context)) {
        own.push(...(await measureStarts(context, subject, shapeOf(hosts, hosts))));
      }
    }
    return {
      tables: [
        startTable(`Hosts over ${sharedServices} Services`, shared),
        startTable("Hosts with a Service each", own),
      ],
      bars: startBars(shared, barHosts),
      notes: [
        startNote,
        "deferred: enable_deferred_cluster_creation in Envoy's bootstrap, tried from outside of Sekisho: a worker makes a cluster when its first request comes.",
        ...[...ours, ...peers].map(({ name, version, how }) => `${name} ${version}: ${how}`),
        ...leftOut,
      ],
      figures: [...shared, ...own].map(startFigure),
    } satisfies PartReport;
  },
};

function shapeOf(hosts: number, services: number): WorldShape {
  return { hosts, routesPerHost: 1, services: Math.max(services, fewestServices), certificates: 0 };
}

async function clusterVariants(context: BenchContext): Promise<readonly Subject[]> {
  const store = { fedBy: "store", concurrency: workers } as const;
  return [
    context.sekisho(store),
    context.sekisho({
      ...store,
      name: "Sekisho, store, deferred",
      envoy: await deferredClusters(context.directory),
    }),
  ];
}

/** Each start is of a world of its own. */
export async function measureStarts(
  context: BenchContext,
  subject: Subject,
  shape: WorldShape,
): Promise<readonly StartRow[]> {
  const runs: StartRun[] = [];
  for (let run = 0; run < context.plan.runs; run += 1) {
    const what = `${subject.name}, ${shape.hosts} hosts, start ${run + 1}`;
    const measured = await context.attempt(what, () => startOnce(context, subject, shape));
    if (measured !== undefined) runs.push(measured);
  }
  return runs.length === 0 ? [] : [{ subject: subject.name, shape, runs }];
}

async function startOnce(
  context: BenchContext,
  subject: Subject,
  shape: WorldShape,
): Promise<StartRun> {
  await using started = await context.start(subject, shape);
  await pause(settleMs);
  const { proxy, control } = started.running.processes();
  const hasControl = control.length > 0;
  return {
    answeredMs: started.answeredMs,
    proxyCpuMs: cpuMsOf(proxy),
    controlCpuMs: hasControl ? cpuMsOf(control) : undefined,
    proxy: memoryOf(proxy),
    control: hasControl ? memoryOf(control) : undefined,
  };
}

export function startTable(title: string, rows: readonly StartRow[]): Table {
  return {
    title,
    columns: [
      "subject",
      "hosts",
      "start ms",
      "proxy CPU ms",
      "control CPU ms",
      "proxy RSS MB",
      "proxy PSS MB",
      "control RSS MiB",
      "control peak MiB",
    ],
    rows: rows.map(({ subject, shape, runs }) => [
      subject,
      formatNumber(shape.hosts),
      formatSpread(spreadOf(runs.map((run) => run.answeredMs))),
      formatSpread(spreadOf(runs.map((run) => run.proxyCpuMs))),
      formatSpread(spreadOf(runs.flatMap((run) => run.controlCpuMs ?? []))),
      formatSpread(spreadOf(runs.map((run) => megabytes(run.proxy.residentKb)))),
      formatSpread(spreadOf(runs.map((run) => megabytes(run.proxy.proportionalKb)))),
      formatSpread(spreadOf(runs.flatMap(({ control }) => mebibytes(control?.residentKb)))),
      formatSpread(spreadOf(runs.flatMap(({ control }) => mebibytes(control?.peakKb)))),
    ]),
  };
}

/** Kilobytes of the kernel are kibibytes. */
function megabytes(kibibytes: number): number {
  return (kibibytes * 1.024) / 1000;
}

function mebibytes(kibibytes: number | undefined): readonly number[] {
  return kibibytes === undefined ? [] : [kibibytes / 1024];
}

/** Ours, at one size. */
export function startBars(rows: readonly StartRow[], hosts: number): readonly Bar[] {
  return rows
    .filter(({ subject, shape }) => subject.startsWith("Sekisho") && shape.hosts === hosts)
    .flatMap(barsOf);
}

function barsOf({ subject, runs }: StartRow): readonly Bar[] {
  const median = (of: (run: StartRun) => number): number => spreadOf(runs.map(of)).median;
  const control = median((run) => (run.control?.residentKb ?? Number.NaN) / 1024);
  return [
    atMost(`${subject}: start to the last host`, median((run) => run.answeredMs) / 1000, 3, "s"),
    atMost(`${subject}: control plane`, control, 300, "MiB"),
    atMost(
      `${subject}: Envoy`,
      median((run) => megabytes(run.proxy.residentKb)),
      300,
      "MB",
    ),
  ];
}

export function startFigure({ subject, shape, runs }: StartRow): Figure {
  return {
    subject,
    ...shape,
    runs: runs.map(({ answeredMs, proxyCpuMs, controlCpuMs, proxy, control }) => ({
      answeredMs,
      proxyCpuMs,
      proxy: { ...proxy },
      ...(controlCpuMs === undefined ? {} : { controlCpuMs }),
      ...(control === undefined ? {} : { control: { ...control } }),
    })),
  };
}
