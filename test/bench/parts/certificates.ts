/** Many certificates: start, memory, handshakes, and what replacing or adding one takes, in both layouts. */

import { type ChangeRun, runChanges } from "../measure/change-run.ts";
import { cpuMsOf, memoryOf } from "../measure/process-cost.ts";
import { formatNumber, formatSpread, latencyOf, spreadOf } from "../measure/statistics.ts";
import { shakeHands } from "../measure/tls-probe.ts";
import type { Figure, PartReport, Table } from "../report/report.ts";
import type { Subject } from "../subjects/subject.ts";
import { type ChangeKind, fewestServices, type WorldShape } from "../world/world.ts";
import { type ChangeRow, changeFigure, changeTable } from "./change-rows.ts";
import type { BenchContext, Part, Started } from "./part.ts";

const workers = 1;
const services = 100;

interface CertificateRun {
  readonly answeredMs: number;
  readonly startCpuMs: number;
  readonly residentKb: number;
  /** Once a client was at every host. */
  readonly residentAllUsedKb: number;
  readonly firstMs: readonly number[];
  readonly laterMs: readonly number[];
}

interface CertificateRow {
  readonly subject: string;
  readonly count: number;
  readonly runs: readonly CertificateRun[];
}

export const certificatesPart: Part = {
  name: "certificates",
  title: "Certificates",
  run: async (context) => {
    const { counts, peerCount } = context.plan.certificates;
    const ours = (["chains", "on-demand"] as const).map((certificateLayout) =>
      context.sekisho({
        fedBy: "store",
        concurrency: workers,
        certificateLayout,
        name: `Sekisho, ${certificateLayout}`,
      }),
    );
    const rows: CertificateRow[] = [];
    const changes: ChangeRow[] = [];
    for (const count of counts) {
      for (const subject of ours) await measure(context, subject, count, { rows, changes });
    }
    for (const peer of context.peers) {
      if (peer.changes.includes("certificate"))
        await measure(context, peer, peerCount, { rows, changes });
    }
    return {
      tables: [
        startTable(rows),
        changeTable("certificate", changes),
        changeTable("secure host", changes),
      ],
      bars: [],
      notes: [
        "P-256, one self-signed certificate a host. Start: until the last host's certificate is shown; on demand, Envoy has loaded only that one then.",
        "first / later: full handshakes of one client in turn over hosts that nobody used, and again; `all used` is the memory after a handshake with every host. Others ask on five kept TLS connections.",
        ...[...ours, ...context.peers].map(
          ({ name, version, how }) => `${name} ${version}: ${how}`,
        ),
        ...context.leftOut,
      ],
      figures: [...rows.map(figureOf), ...changes.map(changeFigure)],
    } satisfies PartReport;
  },
};

interface Collected {
  readonly rows: CertificateRow[];
  readonly changes: ChangeRow[];
}

async function measure(
  context: BenchContext,
  subject: Subject,
  count: number,
  { rows, changes }: Collected,
): Promise<void> {
  const shape: WorldShape = {
    hosts: count,
    routesPerHost: 1,
    services: Math.max(services, fewestServices),
    certificates: count,
  };
  const runs: CertificateRun[] = [];
  const kinds: readonly ChangeKind[] = ["certificate", "secure host"];
  const byKind = kinds
    .filter((kind) => subject.changes.includes(kind))
    .map((kind) => ({ subject: subject.name, kind, shape, runs: [] as ChangeRun[] }));
  for (let run = 0; run < context.plan.runs; run += 1) {
    await context.attempt(`${subject.name}, ${count} certificates, run ${run + 1}`, async () => {
      await using started = await context.start(subject, shape);
      runs.push(await handshakes(started, context.plan.certificates.handshakes));
      for (const row of byKind) {
        const { replacements, additions } = context.plan.certificates;
        const asked = row.kind === "certificate" ? replacements : additions;
        row.runs.push(
          await runChanges(started.running, started.world, {
            kind: row.kind,
            count: countOf(subject, asked),
            firstTurn: 0,
            restMs: subject.restMs ?? 0,
            echoPort: context.answers.echo,
          }),
        );
      }
    });
  }
  if (runs.length > 0) rows.push({ subject: subject.name, count, runs });
  changes.push(...byKind.filter((row) => row.runs.length > 0));
}

/** Who must rest between changes is asked for fewer. */
function countOf(subject: Subject, count: number): number {
  return subject.restMs === undefined ? count : Math.min(count, 4);
}

async function handshakes(
  { running, world, answeredMs }: Started,
  count: number,
): Promise<CertificateRun> {
  const { proxy } = running.processes();
  const startCpuMs = cpuMsOf(proxy);
  const { residentKb } = memoryOf(proxy);
  // Spread over all; the last host was used already.
  const hosts = world.secureHosts.slice(0, -1);
  const step = Math.max(1, Math.floor(hosts.length / count));
  const names = hosts.filter((_, index) => index % step === 0).map((host) => world.hostName(host));
  const firstMs = await shakeHandsWith(running.https, names);
  const laterMs = await shakeHandsWith(running.https, names);
  await shakeHandsWith(
    running.https,
    hosts.map((host) => world.hostName(host)),
  );
  return {
    answeredMs,
    startCpuMs,
    residentKb,
    residentAllUsedKb: memoryOf(proxy).residentKb,
    firstMs,
    laterMs,
  };
}

async function shakeHandsWith(port: number, names: readonly string[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const name of names) times.push((await shakeHands(port, name)).milliseconds);
  return times;
}

function startTable(rows: readonly CertificateRow[]): Table {
  return {
    title: "Start, memory, handshakes",
    columns: [
      "subject",
      "certificates",
      "start ms",
      "proxy CPU ms",
      "proxy RSS MB",
      "all used MB",
      "first handshake p50 / p99 ms",
      "later p50 / p99 ms",
    ],
    rows: rows.map(({ subject, count, runs }) => {
      const first = latencyOf(runs.flatMap((run) => run.firstMs));
      const later = latencyOf(runs.flatMap((run) => run.laterMs));
      return [
        subject,
        formatNumber(count),
        formatSpread(spreadOf(runs.map((run) => run.answeredMs))),
        formatSpread(spreadOf(runs.map((run) => run.startCpuMs))),
        formatSpread(spreadOf(runs.map((run) => (run.residentKb * 1.024) / 1000))),
        formatSpread(spreadOf(runs.map((run) => (run.residentAllUsedKb * 1.024) / 1000))),
        `${formatNumber(first.p50)} / ${formatNumber(first.p99)}`,
        `${formatNumber(later.p50)} / ${formatNumber(later.p99)}`,
      ];
    }),
  };
}

function figureOf({ subject, count, runs }: CertificateRow): Figure {
  return {
    subject,
    certificates: count,
    runs: runs.map(({ firstMs, laterMs, ...rest }) => ({
      ...rest,
      firstMs: { ...latencyOf(firstMs) },
      laterMs: { ...latencyOf(laterMs) },
    })),
  };
}
