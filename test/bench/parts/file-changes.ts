/** Changes fed by files: watching a directory has a delay of its own, so they stand apart. */

import { atMost } from "../report/report.ts";
import type { ChangeKind } from "../world/world.ts";
import { type ChangeRow, changeFigure, changeTable } from "./change-rows.ts";
import { runShape } from "./changes.ts";
import type { Part } from "./part.ts";

const kinds: readonly ChangeKind[] = ["route", "endpoint"];

export const fileChangesPart: Part = {
  name: "file-changes",
  title: "Changes of files",
  run: async (context) => {
    const { plan } = context;
    const ours = context.sekisho({ fedBy: "files", concurrency: 1 });
    const rows: ChangeRow[] = [];
    for (const shape of plan.changes.shapes) {
      const perRun = plan.changes.perRunByFiles;
      rows.push(...(await runShape(context, ours, shape, { kinds, perRun })));
    }
    const wrong = rows
      .flatMap(({ runs }) => runs)
      .reduce((sum, { bystanders }) => sum + bystanders.wrong, 0);
    return {
      tables: kinds.map((kind) => changeTable(kind, rows)),
      bars: [atMost("errors on other hosts", wrong, 0, "")],
      notes: [
        "As the page on changes has it, but a file is renamed into the watched directory. A burst of events ends after 20 ms of quiet.",
        `${ours.name} ${ours.version}: ${ours.how}`,
      ],
      figures: rows.map(changeFigure),
    };
  },
};
