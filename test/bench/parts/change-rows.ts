/** Runs of changes → rows of a table, and figures. */

import type { Json } from "#base/json.ts";
import type { ChangeRun } from "../measure/change-run.ts";
import { formatNumber, formatSpread, latencyOf, spreadOf } from "../measure/statistics.ts";
import type { Figure, Table } from "../report/report.ts";
import { type ChangeKind, formatShape, type WorldShape } from "../world/world.ts";

/** All runs of one subject, world and kind of change. */
export interface ChangeRow {
  readonly subject: string;
  readonly kind: ChangeKind;
  readonly shape: WorldShape;
  readonly runs: readonly ChangeRun[];
}

const titles: Readonly<Record<ChangeKind, string>> = {
  route: "One route leads to another backend",
  endpoint: "The endpoint of one Service moves",
  host: "A host is added",
  certificate: "One certificate is replaced",
  "secure host": "A host with a certificate is added",
};

const columns = [
  "subject",
  "hosts × routes",
  "changes",
  "seen ms: p50 by run",
  "p90",
  "p99",
  "echo p50 / p99",
  "written p50",
  "proxy CPU ms",
  "control CPU ms",
  "bytes",
  "others: wrong / asked",
  "connections ended",
] as const;

export function changeTable(kind: ChangeKind, rows: readonly ChangeRow[]): Table {
  return {
    title: titles[kind],
    columns,
    rows: rows.filter((row) => row.kind === kind).map(cellsOf),
  };
}

function cellsOf({ subject, shape, runs }: ChangeRow): readonly string[] {
  const seen = latencyOf(runs.flatMap(({ seenMs }) => seenMs));
  const echo = latencyOf(runs.flatMap(({ echoMs }) => echoMs));
  const written = latencyOf(runs.flatMap(({ writtenMs }) => writtenMs));
  const stuck = total(runs, (run) => run.stuck);
  return [
    subject,
    formatShape(shape),
    `${seen.samples}${stuck > 0 ? `, ${stuck} only seen on a new connection` : ""}`,
    formatSpread(spreadOf(runs.map((run) => latencyOf(run.seenMs).p50))),
    formatNumber(seen.p90),
    formatNumber(seen.p99),
    `${formatNumber(echo.p50)} / ${formatNumber(echo.p99)}`,
    formatNumber(written.p50),
    costCell(runs, ({ cost }) => cost.proxyMs),
    costCell(runs, ({ cost }) => cost.controlMs),
    costCell(runs, ({ cost }) => cost.bytes),
    `${total(runs, (run) => run.bystanders.wrong)} / ${formatNumber(total(runs, (run) => run.bystanders.requests))}`,
    `${total(runs, (run) => run.bystanders.connectionsEnded)}`,
  ];
}

export function changeFigure({ subject, kind, shape, runs }: ChangeRow): Figure {
  const latency = (of: (run: ChangeRun) => readonly number[]): Json => ({
    ...latencyOf(runs.flatMap(of)),
  });
  return {
    subject,
    kind,
    ...shape,
    seenMs: latency((run) => run.seenMs),
    writtenMs: latency((run) => run.writtenMs),
    echoMs: latency((run) => run.echoMs),
    runs: runs.map(({ cost, bystanders, stuck, seenMs }) => ({
      seenP50Ms: latencyOf(seenMs).p50,
      ...Object.fromEntries(Object.entries(cost).filter(([, value]) => value !== undefined)),
      ...bystanders,
      stuck,
    })),
  };
}

function total(runs: readonly ChangeRun[], of: (run: ChangeRun) => number): number {
  return runs.reduce((sum, run) => sum + of(run), 0);
}

/** A dash where there is nothing to tell. */
function costCell(runs: readonly ChangeRun[], of: (run: ChangeRun) => number | undefined): string {
  const known = runs.flatMap((run) => of(run) ?? []);
  return formatSpread(spreadOf(known));
}
