/** A part's report → the page that people read. */

import type { Bar, Circumstances, PartReport, Table } from "./report.ts";

export function formatReport(title: string, report: PartReport, at: Circumstances): string {
  const sections = [
    `# ${title}`,
    formatCircumstances(at),
    ...(report.bars.length === 0 ? [] : [formatBars(report.bars)]),
    ...report.tables.map(formatTable),
    ...(report.notes.length === 0 ? [] : [report.notes.map((note) => `- ${note}`).join("\n")]),
  ];
  return `${sections.join("\n\n")}\n`;
}

function formatCircumstances(at: Circumstances): string {
  return [
    `Measured ${at.startedAt} at ${at.commit} in ${Math.round(at.seconds)} s on ${at.machine}.`,
    `Load average of the last minute: ${at.loadAtStart} at the start, ${at.loadAtEnd} at the end.`,
    "Spreads are median [least..most] of the runs; CPU is user and system time of the processes.",
  ].join("\n");
}

function formatBars(bars: readonly Bar[]): string {
  return formatTable({
    title: "Bars",
    columns: ["bar", "limit", "measured", ""],
    rows: bars.map(({ what, limit, measured, isMet }) => [
      what,
      limit,
      measured,
      isMet ? "met" : "**missed**",
    ]),
  });
}

export function formatTable({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = line(columns.map((_, index) => (index === 0 ? "---" : "--:")));
  return [`## ${title}`, "", line(columns), rule, ...rows.map(line)].join("\n");
}
