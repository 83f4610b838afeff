/** The rows of a support table as a page for people and as data for programs. */

import { dump } from "js-yaml";
import { compareText } from "#base/compare.ts";
import type { SupportRow } from "#dialects/common/support.ts";

/** One section a kind, one line a field. */
export function formatSupportPage(title: string, rows: readonly SupportRow[]): string {
  const sections = Object.entries(byKind(rows)).map(
    ([kind, fields]) =>
      `\n## ${kind}\n\n| field | |\n|---|---|\n${fields.map(formatRow).join("\n")}\n`,
  );
  const counts = Object.entries(Object.groupBy(rows, ({ support }) => support))
    .sort(([a], [b]) => compareText(a, b))
    .map(([support, list]) => `${list?.length} ${support}`);
  return [
    `# ${title}\n\n`,
    "Written by `npm run golden` from what the code declares. Every field and annotation is listed that is known here: ",
    "honoured (it does what its documentation says), approximated (how), or refused (why); any other is reported as ",
    "unknown. `[]` is any place in a list; what is below a listed field is part of it.\n\n",
    `${counts.join(", ")}.\n`,
    ...sections,
  ].join("");
}

/** The same for programs. */
export function formatSupportData(rows: readonly SupportRow[]): string {
  const kinds = Object.entries(byKind(rows)).map(([kind, fields]) => ({
    kind,
    fields: fields.map((row) => ({
      field: row.field,
      support: row.support,
      ...(row.support === "approximated" && { how: row.how }),
      ...(row.support === "refused" && { why: row.why }),
    })),
  }));
  return dump(kinds, { noRefs: true, lineWidth: 120 });
}

function byKind(rows: readonly SupportRow[]): Record<string, readonly SupportRow[]> {
  const sorted = [...rows].sort(
    (a, b) => compareText(a.kind, b.kind) || compareText(a.field, b.field),
  );
  return Object.groupBy(sorted, ({ kind }) => kind) as Record<string, readonly SupportRow[]>;
}

function formatRow(row: SupportRow): string {
  const escape = (text: string): string => text.replaceAll("|", "\\|");
  const what =
    row.support === "honoured"
      ? "honoured"
      : row.support === "approximated"
        ? `approximated: ${row.how}`
        : `refused: ${row.why}`;
  return `| \`${escape(row.field)}\` | ${escape(what)} |`;
}
