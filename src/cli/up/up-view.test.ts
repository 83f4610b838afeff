import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { LocatedFinding } from "#api/gate-calls.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { formatScreen, type ScreenContent } from "./up-view.ts";

const now = Temporal.Instant.from("2026-01-01T00:00:00Z");
const status: GateStatus = {
  version: "1.2.3",
  envoy: { version: "1.40.0", state: "ready", pid: 1 },
  ports: { http: 8080, https: 8443 },
  urls: ["https://cafe.example.com:8443/"],
  sample: "curl http://127.0.0.1:8080/tea",
  certificates: [
    { secret: "default/cafe", serverNames: ["a.test", "b.test", "c.test", "d.test"] },
    { secret: "default/tea", serverNames: ["tea.test"], notAfter: "2026-01-11T00:00:00Z" },
    { secret: "default/old", serverNames: ["old.test"], notAfter: "2025-12-30T00:00:00Z" },
  ],
  pods: [
    { namespace: "default", name: "tea-1", ready: true, phase: "Running" },
    { namespace: "default", name: "tea-2", ready: false, phase: "Pending" },
  ],
  proxies: [],
  directories: ["examples/cafe"],
  data: "/tmp/data",
};

function findingAbout(name: string): LocatedFinding {
  return {
    finding: {
      severity: "warning",
      reason: "NoEndpoints",
      origin: { kind: "Service", namespace: "default", name, path: "" },
      message: `nobody is ready to answer for Service ${name}, which is a long sentence`,
      advice: "look at the pods",
    },
    place: { file: "cafe.yaml", line: 3, column: 1 },
  };
}

const content: ScreenContent = {
  status,
  findings: [findingAbout("tea")],
  notices: [
    { time: now.subtract({ minutes: 3 }), message: "Envoy ended: out of memory; give it more" },
  ],
  log: ["GET /tea 200"],
  now,
};
const crowded: ScreenContent = {
  status: {
    ...status,
    urls: Array.from({ length: 50 }, (_, index) => `https://host${index}.test/`),
  },
  findings: Array.from({ length: 50 }, (_, index) => findingAbout(`s${index}`)),
  notices: [{ time: now, message: "n".repeat(300) }],
  log: Array.from({ length: 50 }, (_, index) => `GET /${index} ${"x".repeat(200)}`),
  now,
};

test("the screen says what is served, with which certificates and pods, what is wrong, and what was asked", () => {
  const text = formatScreen(content, { columns: 200, rows: 40, colours: false });
  assert.deepEqual(text.split("\n"), [
    "sekisho 1.2.3   Envoy 1.40.0 ready   examples/cafe   Ctrl-C stops",
    "",
    "Notices",
    "  3m ago: Envoy ended: out of memory; give it more",
    "Serving",
    "  https://cafe.example.com:8443/",
    "  try: curl http://127.0.0.1:8080/tea",
    "Certificates",
    "  default/cafe (a.test, b.test, c.test and 1 more): not usable, handshakes are refused",
    "  default/tea (tea.test): valid until 2026-01-11, 10 days",
    "  default/old (old.test): expired on 2025-12-30, 2 days ago",
    "Pods",
    "  1 of 2 ready",
    "  tea-2 is Pending",
    "Findings",
    "  cafe.yaml:3:1 warning NoEndpoints: nobody is ready to answer for Service tea, which is a long sentence (Service/default/tea)",
    "      look at the pods",
    "Requests",
    "  GET /tea 200",
  ]);
});

for (const [columns, rows] of [
  [80, 24],
  [40, 10],
  [200, 60],
  [20, 6],
  [10, 3],
  [1, 1],
] as const) {
  for (const colours of [true, false]) {
    test(`a crowded screen fits ${columns} columns and ${rows} rows ${colours ? "with" : "without"} colours`, () => {
      const lines = formatScreen(crowded, { columns, rows, colours }).split("\n");
      assert.ok(lines.length <= rows, `${lines.length} lines`);
      for (const line of lines) {
        assert.ok(stripVTControlCharacters(line).length <= columns, JSON.stringify(line));
      }
    });
  }
}

test("a finding that is longer than the screen is wide goes on in the next line", () => {
  const text = formatScreen(content, { columns: 60, rows: 40, colours: false });
  const from = text.indexOf("Findings");
  assert.deepEqual(text.slice(from, text.indexOf("Requests")).trimEnd().split("\n"), [
    "Findings",
    "  cafe.yaml:3:1 warning NoEndpoints: nobody is ready to",
    "    answer for Service tea, which is a long sentence",
    "    (Service/default/tea)",
    "      look at the pods",
  ]);
});

test("no colour outlives its line", () => {
  for (const line of formatScreen(crowded, { columns: 40, rows: 60, colours: true }).split("\n")) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const codes = line.match(/\u001b\[\d+m/g) ?? [];
    assert.equal(codes.length % 2, 0, JSON.stringify(line));
  }
});

test("without colours the screen holds no escape codes", () => {
  assert.ok(!formatScreen(crowded, { columns: 80, rows: 24, colours: false }).includes("\u001b"));
});

test("the newest requests are kept when there is no room for all", () => {
  const few = { ...crowded, status: { ...status, certificates: [], pods: [] }, findings: [] };
  const lines = formatScreen(few, { columns: 80, rows: 12, colours: false }).split("\n");
  assert.match(lines.at(-1) ?? "", /GET \/49 /);
});
