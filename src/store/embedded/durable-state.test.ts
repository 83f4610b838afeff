import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type Draft, StoreError } from "../object-store.ts";
import { openDatabase } from "./database.ts";
import { StoreCore } from "./store-core.ts";

function openCore(t: TestContext): { readonly core: StoreCore; readonly database: DatabaseSync } {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-durable-"));
  const database = openDatabase(join(directory, "store.db"));
  const core = new StoreCore({ clock: createClock(), random: createRandom() }, {}, database);
  t.after(() => {
    core.close();
    rmSync(directory, { recursive: true });
  });
  return { core, database };
}

function config(name: string, text = ""): Draft {
  const metadata = { name, namespace: "default" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, body: { data: { text } } };
}

const namesIn = (core: StoreCore): readonly string[] =>
  core.list("ConfigMap", undefined).items.map(({ metadata }) => metadata.name);

test("of writes that are done together each sees those before it, and ends for itself", (t) => {
  const { core } = openCore(t);
  const outcomes = core.transact([
    () => core.create(config("a")),
    () => core.create(config("a")),
    () => core.create(config("b")),
  ]);
  const codes = outcomes.map((one) =>
    "error" in one && one.error instanceof StoreError ? one.error.code : "done",
  );
  assert.deepEqual(codes, ["done", "exists", "done"]);
  assert.deepEqual(namesIn(core), ["a", "b"]);
});

test("where they cannot be made durable none counts, and what comes after goes on from before them", (t) => {
  const { core, database } = openCore(t);
  core.transact([() => core.create(config("a"))]);
  const pages = Number(Object.values(database.prepare("PRAGMA page_count").get() ?? {})[0]);
  database.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const { point } = core.list("ConfigMap", undefined);
  const writes = [
    () =>
      core.replaceStatus({ kind: "ConfigMap", namespace: "default", name: "a" }, "x", undefined),
    () => core.create(config("b")),
    () => core.create(config("c", "x".repeat(100_000))),
    () => core.create(config("d")),
  ];
  assert.throws(() => core.transact(writes), /full/);
  assert.deepEqual(namesIn(core), ["a"]);
  assert.equal(core.list("ConfigMap", undefined).items[0]?.status, undefined);
  assert.equal(core.list("ConfigMap", undefined).point, point);
  database.exec("PRAGMA max_page_count = 100000");
  core.transact(writes);
  assert.deepEqual(namesIn(core), ["a", "b", "c", "d"]);
  assert.equal(core.list("ConfigMap", undefined).items[0]?.status, "x");
});
