import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditedRequest } from "#test/lab/audit-log.ts";
import { barsOf, issuedTable, ordersTable, writesTable } from "./rows.ts";
import type { Turn } from "./turn.ts";
import { issuingUseOf, writesIn } from "./use.ts";

function request(verb: string, resource: string, status = 200): AuditedRequest {
  const nobody = { path: "", user: "", pod: "", namespace: undefined, name: undefined };
  return { verb, resource, status, apiGroup: "", ...nobody };
}

const use = issuingUseOf([
  request("create", "secrets"),
  request("create", "secrets", 409),
  request("patch", "certificates/status"),
  request("create", "events"),
  request("get", "secrets", 404),
]);

function turn(subject: string, certificates: number, cpuMs: number): Turn {
  return { subject, certificates, cpuMs, wallMs: 1000, residentKb: 102_400, use };
}

const turns = [
  ...[turn("Sekisho", 1, 4), turn("other", 1, 20)],
  ...[turn("Sekisho", 1, 8), turn("other", 1, 22)],
  turn("Sekisho", 2, 8),
];

test("writes are told apart by what they write; Events are none, and what was refused is one", () => {
  assert.deepEqual(use, {
    writes: { "create secrets": 2, "patch certificates/status": 1 },
    ...{ events: 1, reads: 1, refused: 2 },
  });
  assert.equal(writesIn(use), 3);
});

test("the turns of one at one size are one row", () => {
  assert.deepEqual(issuedTable(turns).rows, [
    [
      "Sekisho",
      "1",
      "1 [1..1]",
      "6 [4..8]",
      "3 [3..3]",
      "1 [1..1]",
      "1 [1..1]",
      "2 [2..2]",
      "100 [100..100]",
    ],
    [
      "other",
      "1",
      "1 [1..1]",
      "21 [20..22]",
      "3 [3..3]",
      "1 [1..1]",
      "1 [1..1]",
      "2 [2..2]",
      "100 [100..100]",
    ],
    ["Sekisho", "2", "1", "4", "1.5", "0.5", "0.5", "1", "100"],
  ]);
  assert.deepEqual(writesTable(turns).rows, [
    ["create secrets", "1"],
    ["patch certificates/status", "0.5"],
  ]);
});

test("the bars are ours alone; what was not measured is not met", () => {
  const shown = (readyMs: readonly number[]): readonly string[] =>
    barsOf(turns, "Sekisho", readyMs).map(
      ({ what, measured, isMet }) => `${what}: ${measured} ${isMet}`,
    );
  assert.deepEqual(shown([900, 1000, 3000]), [
    "CPU of each of 1: 6 ms false",
    "writes of each of 1: 3 true",
    "CPU of each of 2: 4 ms true",
    "writes of each of 2: 1.5 true",
    "ACME: median from a Certificate to Ready: 1000 ms true",
  ]);
  assert.match(shown([]).at(-1) ?? "", /false$/);
  assert.deepEqual(ordersTable([900, 1000, 3000]).rows, [["3", "1,000", "3,000", "3,000"]]);
});
