import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { createFiles } from "#runtime/real-files.ts";
import { createLogRotation } from "./log-rotation.ts";

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "sekisho-rotation-"));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

test("a full file is put aside, the oldest is dropped, and logs are opened anew once", async (t) => {
  const root = await directory(t);
  const log = path.join(root, "log");
  const other = path.join(root, "other");
  let reopened = 0;
  const reopen = async (): Promise<void> => {
    reopened += 1;
  };
  const rotation = createLogRotation(createFiles(), [log, other], { maxBytes: 4, keep: 2 }, reopen);
  await writeFile(other, "abc");
  for (const content of ["1111", "2222", "3333"]) {
    await writeFile(log, content);
    assert.equal(await rotation.rotate(), true);
  }
  assert.equal(await rotation.rotate(), false);
  assert.deepEqual((await readdir(root)).sort(), ["log.1", "log.2", "other"]);
  assert.equal(await readFile(`${log}.1`, "utf8"), "3333");
  assert.equal(await readFile(`${log}.2`, "utf8"), "2222");
  assert.equal(reopened, 3);
});

test("a reopening that failed is made up for at the next look", async (t) => {
  const log = path.join(await directory(t), "log");
  const outcomes = [new Error("no answer"), undefined];
  const reopen = async (): Promise<void> => {
    const outcome = outcomes.shift();
    if (outcome !== undefined) throw outcome;
  };
  const rotation = createLogRotation(createFiles(), [log], { maxBytes: 1, keep: 1 }, reopen);
  await writeFile(log, "x");
  await assert.rejects(rotation.rotate(), /no answer/);
  assert.equal(await rotation.rotate(), true);
  assert.equal(await rotation.rotate(), false);
});
