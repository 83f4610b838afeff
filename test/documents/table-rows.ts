/** The rows of a Markdown table, by the names in their first column. */

/** The other columns of each row of the table whose first column has this title; a row that names several counts for each. */
export function rowsOf(page: string, title: string): ReadonlyMap<string, readonly string[]> {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${title} |`));
  const table = start < 0 ? [] : lines.slice(start + 2);
  const end = table.findIndex((line) => !line.startsWith("|"));
  const rows = end < 0 ? table : table.slice(0, end);
  return new Map(
    rows.flatMap((row) => {
      const [names = "", ...others] = row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [...names.matchAll(/`([^`]+)`/g)].map((match) => [match[1] ?? "", others] as const);
    }),
  );
}
