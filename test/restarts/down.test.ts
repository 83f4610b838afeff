/** `sekisho down` against the real program: what runs, what was killed, and nothing at all. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { processesWith } from "#runtime/processes/process-table.ts";
import { createFiles } from "#runtime/real-files.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { dataMarkVariable } from "#workloads/data-layout.ts";

const files = createFiles();

async function served(t: TestContext): Promise<RunningSekisho> {
  const running = await startSekisho(["up", "examples/cafe"]);
  t.after(() => running.stop());
  return running;
}

/** Processes of a data directory that run. */
async function left(data: string): Promise<number> {
  const envoy = `SEKISHO_ENVOY_DIRECTORY=${path.join(data, "envoy")}`;
  const pods = await processesWith(files, dataMarkVariable(data));
  return (await processesWith(files, envoy)).length + pods.length;
}

test("down ends a sekisho that runs, in order, and then finds nothing", async (t) => {
  const running = await served(t);
  const ended = await runCommand(["down", "--data", running.data]);
  assert.equal(ended.code, 0, ended.err);
  assert.match(ended.out, /^ended sekisho \(process \d+\)\n$/);
  assert.equal(await left(running.data), 0);
  const again = await runCommand(["down", "--data", running.data]);
  assert.deepEqual(again, { code: 0, out: "nothing was running\n", err: "" });
});

test("down ends the Envoy and the pods of a sekisho that was killed", async (t) => {
  const running = await served(t);
  await running.kill();
  assert.ok((await left(running.data)) > 1);
  const ended = await runCommand(["down", "--data", running.data]);
  assert.equal(ended.code, 0, ended.err);
  assert.match(ended.out, /^ended Envoy \(process \d+\)\nended pods \(\d+ processes\)\n$/);
  assert.equal(await left(running.data), 0);
});

test("down --keep leaves Envoy and pods to the next run", async (t) => {
  const running = await served(t);
  const ended = await runCommand(["down", "--data", running.data, "--keep"]);
  assert.match(ended.out, /^ended sekisho \(process \d+\)\n$/);
  assert.ok((await left(running.data)) > 1);
  const rest = await runCommand(["down", "--data", running.data]);
  assert.equal(rest.code, 0, rest.err);
  assert.equal(await left(running.data), 0);
});

test("down of what never ran says so; without a name it asks for one", async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-down-"));
  t.after(() => rm(directory, { recursive: true }));
  const variables = { XDG_STATE_HOME: directory };
  const never = await runCommand(["down", directory], { variables });
  assert.deepEqual(never, { code: 0, out: "nothing was running\n", err: "" });
  const unnamed = await runCommand(["down"], { variables });
  assert.equal(unnamed.code, 2);
  assert.match(unnamed.err, /name the directories/);
});
