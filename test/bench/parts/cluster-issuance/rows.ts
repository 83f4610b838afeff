/** What was measured of those who issue → tables, bars and figures. */

import { formatNumber, formatSpread, latencyOf, spreadOf } from "../../measure/statistics.ts";
import { atMost, type Bar, type Figure, type Table } from "../../report/report.ts";
import type { Turn } from "./turn.ts";
import { writesIn } from "./use.ts";

/** The turns of one at one number of certificates. */
type Row = readonly [Turn, ...Turn[]];

export function issuedTable(turns: readonly Turn[]): Table {
  const each = (count: (turn: Turn) => number) => (row: Row) =>
    spread(row, (turn) => count(turn) / turn.certificates);
  const columns: Readonly<Record<string, (row: Row) => string>> = {
    s: (row) => spread(row, ({ wallMs }) => wallMs / 1000),
    "CPU ms each": each(({ cpuMs }) => cpuMs),
    "writes each": each(({ use }) => writesIn(use)),
    "Events each": each(({ use }) => use.events),
    "reads each": each(({ use }) => use.reads),
    "refused each": each(({ use }) => use.refused),
    "RSS MiB": (row) => spread(row, ({ residentKb }) => residentKb / 1024),
  };
  return {
    title: "An authority of one's own",
    columns: ["subject", "certificates", ...Object.keys(columns)],
    rows: rowsOf(turns).map((row) => [
      ...[row[0].subject, formatNumber(row[0].certificates)],
      ...Object.values(columns).map((cell) => cell(row)),
    ]),
  };
}

/** Which writes they are, at the largest number of certificates. */
export function writesTable(turns: readonly Turn[]): Table {
  const most = Math.max(...turns.map(({ certificates }) => certificates));
  const rows = rowsOf(turns.filter(({ certificates }) => certificates === most));
  const kinds = new Set(rows.flat().flatMap(({ use }) => Object.keys(use.writes)));
  return {
    title: `Writes of each of ${formatNumber(most)} certificates`,
    columns: ["request", ...rows.map(([{ subject }]) => subject)],
    rows: [...kinds]
      .sort()
      .map((kind) => [
        kind,
        ...rows.map((row) => spread(row, (turn) => (turn.use.writes[kind] ?? 0) / most)),
      ]),
  };
}

export function ordersTable(readyMs: readonly number[]): Table {
  const { p50, p90, max, samples } = latencyOf(readyMs);
  return {
    title: "An ACME server: from a Certificate to Ready, HTTP-01",
    columns: ["orders", "median ms", "p90 ms", "most ms"],
    rows: [[`${samples}`, ...[p50, p90, max].map(formatNumber)]],
  };
}

/** The limits that the project has set itself, of what is ours. */
export function barsOf(
  turns: readonly Turn[],
  subject: string,
  readyMs: readonly number[],
): readonly Bar[] {
  const ours = rowsOf(turns.filter((turn) => turn.subject === subject));
  const median = (row: Row, of: (turn: Turn) => number): number => spreadOf(row.map(of)).median;
  return [
    ...ours.flatMap((row) => {
      const { certificates } = row[0];
      const many = formatNumber(certificates);
      const cpuMs = median(row, (turn) => turn.cpuMs / certificates);
      const writes = median(row, (turn) => writesIn(turn.use) / certificates);
      return [
        atMost(`CPU of each of ${many}`, cpuMs, 5, "ms"),
        atMost(`writes of each of ${many}`, writes, 6, ""),
      ];
    }),
    atMost("ACME: median from a Certificate to Ready", latencyOf(readyMs).p50, 2000, "ms"),
  ];
}

export function turnFigure({ use, ...turn }: Turn): Figure {
  return { ...turn, ...use, writes: { ...use.writes } };
}

function rowsOf(turns: readonly Turn[]): readonly Row[] {
  const groups = Map.groupBy(turns, ({ subject, certificates }) => `${certificates} ${subject}`);
  return [...groups.values()].flatMap(([first, ...more]): readonly Row[] =>
    first === undefined ? [] : [[first, ...more]],
  );
}

function spread(row: Row, of: (turn: Turn) => number): string {
  return formatSpread(spreadOf(row.map(of)));
}
