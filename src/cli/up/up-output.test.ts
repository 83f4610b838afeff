import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { OutputSettings, UpOutput } from "./up-listener.ts";
import { createUpOutput } from "./up-output.ts";

const status: GateStatus = {
  version: "1.2.3",
  envoy: { version: "1.40.0", state: "ready", pid: 1 },
  ports: { http: 8080, https: 8443 },
  urls: ["https://cafe.example.com:8443"],
  sample: "curl http://127.0.0.1:8080/tea",
  certificates: [],
  pods: [],
  proxies: [],
  directories: ["examples/cafe"],
  data: "/tmp/data",
};
const record: AccessRecord = {
  time: "2026-11-24T04:23:41.937Z",
  method: "GET",
  path: "/tea",
  authority: "cafe.example.com",
  status: 503,
  flags: ["UH"],
  details: "no_healthy_upstream",
  bytesIn: 0,
  bytesOut: 0,
  durationMs: 0,
  route: "Ingress/default/cafe spec.rules[0]",
};
const place = { file: "cafe.yaml", line: 12, column: 9 };
const located = {
  finding: {
    severity: "warning",
    reason: "NoEndpoints",
    origin: { kind: "Service", namespace: "default", name: "tea", path: "" },
    message: "nobody is ready",
    advice: "look at the pods",
  },
  place,
} as const;

interface Shown {
  readonly output: UpOutput;
  readonly clock: ManualClock;
  /** What was printed since the last call. */
  readonly taken: () => string;
}

function show(settings: Partial<OutputSettings>, terminal: "screen" | "none"): Shown {
  let printed = "";
  const clock = createManualClock();
  const output = createUpOutput(
    {
      clock,
      environment: {
        terminal: {
          ask: async () => undefined,
          print: (text) => {
            printed += text;
          },
          warn: () => assert.fail("nothing goes to standard error"),
          isScreen: terminal === "screen",
          hasColours: terminal === "screen",
          columns: () => 100,
          rows: () => 30,
        },
      },
    },
    { json: false, accessLog: "text", ...settings },
  );
  const taken = (): string => {
    const text = printed;
    printed = "";
    return text;
  };
  return { output, clock, taken };
}

function playAll(output: UpOutput): void {
  output.progress("reading examples/cafe");
  output.ready(status);
  output.applied({ objects: 2, milliseconds: 1.23456 }, 3);
  output.findings({ added: [located], gone: [] });
  output.access(record, () => place);
  output.findings({ added: [], gone: [located] });
  output.stopping();
  output.close();
}

test("what is no terminal gets plain lines", () => {
  const { output, taken } = show({}, "none");
  playAll(output);
  assert.deepEqual(taken().split("\n"), [
    "reading examples/cafe",
    "ready",
    "  https://cafe.example.com:8443",
    "  try: curl http://127.0.0.1:8080/tea",
    "cafe.yaml:12:9 warning NoEndpoints: nobody is ready (Service/default/tea)",
    "    look at the pods",
    "04:23:41Z 503 UH GET http://cafe.example.com/tea 0ms  cafe.yaml:12 Ingress/default/cafe spec.rules[0] – no_healthy_upstream",
    "resolved: cafe.yaml:12:9 warning NoEndpoints: nobody is ready (Service/default/tea)",
    "stopping: open requests may end (interrupt again to cut them off)",
    "",
  ]);
});

test("the access log as JSON is one record a line, with the place that decided", () => {
  const { output, taken } = show({ accessLog: "json" }, "none");
  output.access(record, () => place);
  assert.deepEqual(JSON.parse(taken()), { ...record, place });
});

for (const json of [true, false]) {
  test(`no access log is asked for: none is printed ${json ? "among events" : "among lines"}`, () => {
    const { output, taken } = show({ json, accessLog: "none" }, "none");
    output.access(record, () => assert.fail("nobody needs the place"));
    assert.equal(taken(), "");
  });
}

test("--json prints one event a line, also on a terminal", () => {
  const { output, taken } = show({ json: true }, "screen");
  playAll(output);
  const time = "2026-01-01T00:00:00.000Z";
  const object = "Service/default/tea";
  const { finding } = located;
  assert.deepEqual(
    taken()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { event: "progress", time, message: "reading examples/cafe" },
      { event: "ready", time, status },
      { event: "applied", time, objects: 2, resources: 3, milliseconds: 1.23 },
      { event: "finding", time, ...finding, object, place },
      { event: "access", time, record, place },
      { event: "resolved", time, reason: finding.reason, object, message: finding.message },
      {
        event: "stopping",
        time,
        message: "stopping: open requests may end (interrupt again to cut them off)",
      },
    ],
  );
});

/** The text between two drawings, without the codes. */
function screenOf(printed: string): readonly string[] {
  return stripVTControlCharacters(printed)
    .split("\n")
    .map((line) => line.trimEnd());
}

test("a terminal shows lines until the gate is ready, then a screen of its own", () => {
  const { output, taken } = show({}, "screen");
  output.progress("reading examples/cafe");
  assert.equal(taken(), "reading examples/cafe\n");
  output.ready(status);
  const drawn = taken();
  assert.ok(drawn.startsWith("\u001b[?1049h"), "the lines above come back in the end");
  assert.ok(screenOf(drawn).includes("  https://cafe.example.com:8443"));
});

test("the screen is drawn anew after changes, at most once a frame, and says what is found and asked", async () => {
  const { output, clock, taken } = show({}, "screen");
  output.ready(status);
  taken();
  output.findings({ added: [located], gone: [] });
  output.access(record, () => place);
  assert.equal(taken(), "");
  await clock.advance({ milliseconds: 100 });
  const lines = screenOf(taken());
  assert.equal(lines.filter((line) => line.startsWith("sekisho")).length, 1);
  assert.ok(lines.some((line) => line.includes("cafe.yaml:12:9 warning NoEndpoints")));
  assert.ok(lines.some((line) => line.includes("503 UH GET http://cafe.example.com/tea")));
  output.findings({ added: [], gone: [located] });
  await clock.advance({ milliseconds: 100 });
  assert.ok(!taken().includes("NoEndpoints"));
});

test("when the gate stops the terminal is left as it was, and the reason to wait is told", async () => {
  const { output, clock, taken } = show({}, "screen");
  output.ready(status);
  taken();
  output.stopping();
  output.close();
  await clock.advance({ seconds: 1 });
  assert.equal(
    taken(),
    "\u001b[?25h\u001b[?1049lstopping: open requests may end (interrupt again to cut them off)\n",
  );
});

test("a start that fails leaves the terminal's screen alone", () => {
  const { output, taken } = show({}, "screen");
  output.progress("reading examples/cafe");
  output.close();
  assert.equal(taken(), "reading examples/cafe\n");
});
