import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { errorText, logFields } from "./log-fields.ts";
import { createLog } from "./real-log.ts";

async function logFile(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sekisho-log-"));
  context.after(() => rm(directory, { recursive: true }));
  return join(directory, "log");
}

async function linesOf(file: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a line is in the file when the call returns: level, time, message and fields", async (context) => {
  const file = await logFile(context);
  const log = await createLog({ level: "info", file });
  log.with({ component: "store" }).warn("not written", { count: 3 });
  const [line] = await linesOf(file);
  assert.match(`${line?.["time"]}`, /^\d{4}-\d\d-\d\dT.*Z$/);
  const { level, component, count, msg } = line ?? {};
  assert.deepEqual(
    { level, component, count, msg },
    { level: "warn", component: "store", count: 3, msg: "not written" },
  );
});

test("lines below the level are left out, and a silent log writes nothing", async (context) => {
  const file = await logFile(context);
  const log = await createLog({ level: "warn", file });
  log.info("unimportant");
  log.error("important");
  (await createLog({ level: "silent", file })).error("unheard");
  assert.deepEqual(
    (await linesOf(file)).map(({ msg }) => msg),
    ["important"],
  );
});

test("a log goes on where the last one ended, in a file for its owner alone", async (context) => {
  const file = await logFile(context);
  for (const message of ["first run", "second run"]) {
    (await createLog({ level: "info", file })).info(message);
  }
  assert.equal((await linesOf(file)).length, 2);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test("the text of an error names its causes", () => {
  const cause = new Error("connection refused");
  assert.equal(errorText(new Error("not fetched", { cause })), "not fetched: connection refused");
  assert.equal(errorText("just a text"), "just a text");
});

test("every log field has one name, its own", () => {
  for (const [constant, name] of Object.entries(logFields)) assert.equal(constant, name);
});
