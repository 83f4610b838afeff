import assert from "node:assert/strict";
import { test } from "node:test";
import { createCollectedLog } from "./collected-log.ts";

test("lines are kept in order with the fields of the log that wrote them", () => {
  const log = createCollectedLog();
  const inner = log.with({ component: "xds" }).with({ proxy: "a" });
  log.info("started");
  inner.warn("refused", { count: 2, proxy: "b" });
  assert.deepEqual(log.lines, [
    { level: "info", message: "started", fields: {} },
    { level: "warn", message: "refused", fields: { component: "xds", proxy: "b", count: 2 } },
  ]);
});
