/** Requests as fast as one core of a proxy carries them, and the processor time each takes, beside configurations by hand. */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type LoadPrograms, loadModes } from "../measure/load-client.ts";
import { formatNumber, formatSpread, type Spread, spreadOf } from "../measure/statistics.ts";
import { findProgram } from "../programs/find-program.ts";
import { type NginxBackend, startNginxBackend } from "../programs/nginx-backend.ts";
import type { Bar, Figure, PartReport, Table } from "../report/report.ts";
import { quickestByHand } from "../subjects/by-hand/quickest.ts";
import { sameBehaviourByHand } from "../subjects/by-hand/same-behaviour.ts";
import { nginx as nginxPeer } from "../subjects/peers/nginx.ts";
import type { Subject } from "../subjects/subject.ts";
import {
  type Comparison,
  type Contender,
  type LoadRow,
  pin,
  runInRounds,
  runInTurn,
  shareOf,
} from "./load-runs.ts";
import type { BenchContext, Part } from "./part.ts";

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

export const throughputPart: Part = {
  name: "throughput",
  title: "Throughput",
  run: async (context) => {
    const [wrk = "", h2load = "", nginx = ""] = ["wrk", "h2load", "nginx"].map((name) =>
      programOf(context, name),
    );
    const canPin = availableParallelism() > 1;
    const prefix = canPin ? ["taskset", "-c", `${clientCore}`] : [];
    await using backend = await startNginxBackend(nginx, join(context.directory, "backend"));
    if (canPin) pin([backend.pid], clientCore);
    const programs = { wrk, h2load, prefix, directory: context.directory };
    const subjects = subjectsOf(context);
    const { rows, comparisons } = await measure(context, subjects, { programs, backend, canPin });
    return {
      tables: [comparisonTable(comparisons), ...loadModes.map((mode) => tableOf(mode, rows))],
      bars: comparisons.flatMap(barsOf),
      notes: [
        `One worker on core ${proxyCore}; client and backend (nginx, 65 bytes) on core ${clientCore}${canPin ? "" : " (not pinned: this machine has one core)"}. 50 connections; wrk for HTTP/1.1 and HTTPS, h2load -m1 for HTTP/2. New each time: h2load opens 500 connections a second, with a full TLS 1.3 handshake and one request on each. Runs alternate between the subjects.`,
        "A share is taken within a round: a second of each subject, one right after another, every other round in the opposite order. Bars and the table of shares have the median of the rounds. The other tables are of longer runs further apart, and follow the machine's moods.",
        "CPU for each request is of the proxy's processes; it is the figure to compare. Requests per second are also limited by the client's core.",
        ...subjects.map(({ name, version, how }) => `${name} ${version}: ${how}`),
        ...context.leftOut,
      ],
      figures: [...comparisons.map(roundsFigure), ...rows.map(figureOf)],
    } satisfies PartReport;
  },
};

function programOf(context: BenchContext, name: string): string {
  const debian = name === "h2load" ? "nghttp2-client" : name;
  const found = findProgram({ name, from: { debian } }, context.mayInstall);
  if (found.kind === "found") return found.path;
  throw new Error(`throughput needs ${name}, of Debian's ${debian}: ${found.reason}`);
}

const ourName = "Sekisho";

function subjectsOf(context: BenchContext): readonly Subject[] {
  const common = { fedBy: "store", concurrency: 1, certificateLayout: "chains" } as const;
  const ours = context.sekisho({ ...common, name: ourName });
  return [
    ours,
    quickestByHand(ours.version),
    sameBehaviourByHand(ours.version),
    context.sekisho({ ...common, name: "Sekisho, access log", accessLog: "text" }),
    ...context.peers,
  ];
}

interface Rig {
  readonly programs: LoadPrograms;
  readonly backend: NginxBackend;
  readonly canPin: boolean;
}

interface Measured {
  readonly rows: readonly LoadRow[];
  readonly comparisons: readonly Comparison[];
}

async function measure(
  context: BenchContext,
  subjects: readonly Subject[],
  { programs, backend, canPin }: Rig,
): Promise<Measured> {
  await using all = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  const backends = { a: backend.port, b: backend.port, bodyOfA: backend.body };
  for (const subject of subjects) {
    await context.attempt(`${subject.name}, start`, async () => {
      const one = all.use(await context.start(subject, shape, backends));
      if (canPin) pin(one.running.processes().proxy, proxyCore);
      contenders.push({ name: subject.name, one });
    });
  }
  const compared = contenders.filter(({ name }) => comparedNames.includes(name));
  const rows: LoadRow[] = [];
  const comparisons: Comparison[] = [];
  for (const mode of loadModes) {
    const load = { programs, host: shape.firstHost, mode };
    rows.push(...(await runInTurn(context, contenders, load)));
    comparisons.push(await runInRounds(context, compared, load));
  }
  return { rows, comparisons };
}

const byHandName = "Envoy by hand";
const sameName = "Envoy by hand, same behaviour";
const comparedNames: readonly string[] = [ourName, byHandName, sameName, nginxPeer.name];

const percent = (spread: Spread): string => {
  const { median, min, max } = spread;
  const [middle = "", least = "", most = ""] = [median, min, max].map((share) =>
    (Math.round(share * 1000) / 10).toFixed(1),
  );
  return spread.runs < 2 ? `${middle} %` : `${middle} % [${least}..${most}]`;
};

function comparisonTable(comparisons: readonly Comparison[]): Table {
  const costOf = ({ rounds }: Comparison, name: string): string => {
    const costs = rounds.flatMap((round) => round.get(name) ?? []);
    return costs.length === 0 ? "–" : formatSpread(spreadOf(costs));
  };
  return {
    title: "Beside configurations by hand",
    columns: [
      "",
      ...["Sekisho µs", "by hand µs", "share"],
      ...["same behaviour µs", "share", "Sekisho in nginx's"],
    ],
    rows: comparisons.map((comparison) => {
      const byHand = shareOf(comparison, byHandName, ourName);
      const same = shareOf(comparison, sameName, ourName);
      const nginx = shareOf(comparison, ourName, nginxPeer.name);
      return [
        comparison.mode,
        costOf(comparison, ourName),
        costOf(comparison, byHandName),
        byHand === undefined ? "–" : percent(byHand),
        costOf(comparison, sameName),
        same === undefined ? "–" : percent(same),
        nginx === undefined ? "–" : `${formatNumber(nginx.median)} times`,
      ];
    }),
  };
}

function barsOf(comparison: Comparison): readonly Bar[] {
  const share = shareOf(comparison, byHandName, ourName);
  if (share === undefined) return [];
  return [
    {
      what: `${comparison.mode}: share of a configuration by hand, by CPU for each request`,
      limit: `≥ ${leastShare * 100} %`,
      measured: percent(share),
      isMet: share.median >= leastShare,
    },
  ];
}

function tableOf(mode: LoadRow["mode"], rows: readonly LoadRow[]): Table {
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

function figureOf({ subject, mode, runs }: LoadRow): Figure {
  return { subject, mode, runs: runs.map((run) => ({ ...run })) };
}

function roundsFigure({ mode, rounds }: Comparison): Figure {
  return { mode, rounds: rounds.map((costs) => Object.fromEntries(costs)) };
}
