import assert from "node:assert/strict";
import { test } from "node:test";
import { formatReport } from "./markdown.ts";
import { atMost } from "./report.ts";

const circumstances = {
  machine: "2 cores",
  startedAt: "2026-01-01T00:00Z",
  seconds: 61.4,
  loadAtStart: 0.5,
  loadAtEnd: 2,
  commit: "abc",
};

test("a page says where it was measured, what was missed, and the figures", () => {
  const page = formatReport(
    "Changes",
    {
      tables: [{ title: "Routes", columns: ["subject", "ms"], rows: [["ours", "1.5"]] }],
      bars: [atMost("route", 12.345, 10, "ms"), atMost("bytes", 400, 2048, "B")],
      notes: ["left out: Caddy"],
      figures: [],
    },
    circumstances,
  );
  assert.match(page, /^# Changes\n\nMeasured 2026-01-01T00:00Z at abc in 61 s on 2 cores\.$/m);
  assert.match(page, /^\| route \| ≤ 10 ms \| 12\.35 ms \| \*\*missed\*\* \|$/m);
  assert.match(page, /^\| bytes \| ≤ 2048 B \| 400 B \| met \|$/m);
  assert.match(page, /^## Routes\n\n\| subject \| ms \|\n\| --- \| --: \|\n\| ours \| 1\.5 \|$/m);
  assert.match(page, /^- left out: Caddy$/m);
});
