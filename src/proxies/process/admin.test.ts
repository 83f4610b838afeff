import assert from "node:assert/strict";
import test from "node:test";
import { parseActivity } from "./admin.ts";

test("activity is summed over connection managers without the administration interface", () => {
  const stats = [
    "http.admin.downstream_cx_active: 1",
    "http.admin.downstream_rq_active: 1",
    "http.gate_http.downstream_cx_active: 3",
    "http.gate_http.downstream_rq_active: 0",
    "http.gate_https.downstream_cx_active: 4",
    "http.gate_https.downstream_rq_active: 2",
    "",
  ].join("\n");
  assert.deepEqual(parseActivity(stats), { connections: 7, requests: 2 });
});
