import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { createFiles } from "#runtime/real-files.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createLogRotation } from "./log-rotation.ts";
import { createTail, followLog, type TailSettings } from "./tail.ts";

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "sekisho-tail-"));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

async function following(
  t: TestContext,
  settings: Partial<TailSettings> = {},
): Promise<{ log: string; lines: string[]; poll: () => Promise<void> }> {
  const log = path.join(await directory(t), "log");
  const lines: string[] = [];
  const tail = createTail(createFiles(), { path: log, keep: 2, from: "end", ...settings }, (line) =>
    lines.push(line),
  );
  return { log, lines, poll: tail.poll };
}

test("a log that appears later is read from its start", async (t) => {
  const { log, lines, poll } = await following(t);
  await poll();
  await writeFile(log, "one\ntwo\n");
  await poll();
  assert.deepEqual(lines, ["one", "two"]);
});

test("of a log that is already there only what is added is read, unless asked from the start", async (t) => {
  for (const [from, expected] of [
    ["end", ["new"]],
    ["start", ["old", "new"]],
  ] as const) {
    const { log, lines, poll } = await following(t, { from });
    await writeFile(log, "old\n");
    await poll();
    await appendFile(log, "new\n");
    await poll();
    assert.deepEqual(lines, expected);
  }
});

test("a line is handed on once it is complete, also when a letter is torn", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  const bytes = Buffer.from("caf\u00e9\n");
  await writeFile(log, bytes.subarray(0, 4));
  await poll();
  assert.deepEqual(lines, []);
  await appendFile(log, bytes.subarray(4));
  await poll();
  assert.deepEqual(lines, ["caf\u00e9"]);
});

test("what the writer adds to a renamed file before it opens the new one is not lost", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  await writeFile(log, "1\n");
  await poll();
  await rename(log, `${log}.1`);
  await poll();
  await appendFile(`${log}.1`, "2\n");
  await poll();
  await appendFile(`${log}.1`, "3\n");
  await writeFile(log, "4\n");
  await poll();
  await appendFile(log, "5\n");
  await poll();
  assert.deepEqual(lines, ["1", "2", "3", "4", "5"]);
});

test("several rotations between two looks lose nothing that is still kept", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  await writeFile(log, "1\n");
  await poll();
  await rename(log, `${log}.2`);
  await writeFile(`${log}.1`, "2\n");
  await writeFile(log, "3\n");
  await poll();
  assert.deepEqual(lines, ["1", "2", "3"]);
});

test("a file that was put aside beyond what is kept is given up for the current one", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  await writeFile(log, "1\n");
  await poll();
  await rename(log, `${log}.gone`);
  await writeFile(log, "2\n");
  await poll();
  assert.deepEqual(lines, ["1", "2"]);
});

test("a truncated file is read from its start again", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  await writeFile(log, "a long line\n");
  await poll();
  await truncate(log);
  await appendFile(log, "b\n");
  await poll();
  assert.deepEqual(lines, ["a long line", "b"]);
});

test("of an endless line the first 64 KiB are kept", async (t) => {
  const { log, lines, poll } = await following(t, { from: "start" });
  await writeFile(log, `${"x".repeat(1_000_000)}\nnext\n`);
  await poll();
  assert.deepEqual(
    lines.map((line) => line.length),
    [65_536, 4],
  );
});

test("whatever is written, rotated and looked at in whatever order, each line comes once and in order", async (t) => {
  const root = await directory(t);
  let runs = 0;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("write", "half") },
    { weight: 2, arbitrary: fc.constant("poll") },
    { weight: 1, arbitrary: fc.constantFrom("rename", "reopen") },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      runs += 1;
      const log = path.join(root, String(runs));
      const lines: string[] = [];
      const keep = 50;
      const tail = createTail(createFiles(), { path: log, keep, from: "start" }, (line) =>
        lines.push(line),
      );
      const rotation = createLogRotation(createFiles(), [log], { maxBytes: 1, keep }, () =>
        Promise.resolve(),
      );
      let target = log;
      let written = 0;
      let half = "";
      await appendFile(log, "");
      await tail.poll();
      for (const what of steps) {
        if (what === "write" || (what === "half" && half !== "")) {
          if (half === "") written += 1;
          await appendFile(target, half === "" ? `line ${written}\n` : half);
          half = "";
        } else if (what === "half") {
          written += 1;
          await appendFile(target, `line ${written}`);
          half = " whole\n";
        } else if (what === "poll") {
          await tail.poll();
        } else if (what === "rename" && target === log) {
          if (await rotation.rotate()) target = `${log}.1`;
        } else if (what === "reopen" && half === "") {
          target = log;
        }
      }
      if (half !== "") await appendFile(target, half);
      await tail.poll();
      const numbers = lines.map((line) => Number(/\d+/.exec(line)?.[0]));
      assert.deepEqual(
        numbers,
        Array.from({ length: written }, (_, index) => index + 1),
      );
    }),
    { numRuns: 100 },
  );
});

test("following looks at each interval and once more when it is ended", async (t) => {
  const log = path.join(await directory(t), "log");
  const clock = createManualClock();
  const ended = new AbortController();
  const lines: string[] = [];
  const followed = followLog(
    { clock, files: createFiles() },
    { path: log, keep: 1, from: "end" },
    (line) => lines.push(line),
    ended.signal,
  );
  await clock.timerSet();
  await writeFile(log, "one\n");
  await clock.advance({ milliseconds: 500 });
  await clock.timerSet();
  assert.deepEqual(lines, ["one"]);
  await appendFile(log, "two\n");
  ended.abort();
  await followed;
  assert.deepEqual(lines, ["one", "two"]);
});
