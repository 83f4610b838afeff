/** What a gate keeps, copied and put back: backup and restore, as a person runs them. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { runCommand } from "../harness/commands.ts";

const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
const secret: ObjectKey = { kind: secretKind.id, namespace: "default", name: "account" };

function directory(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "sekisho-backup-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function keep(data: string, value: string): Promise<EmbeddedStore> {
  const store = await openEmbeddedStore(deps, { directory: data });
  await store.create({
    ...{ apiVersion: "v1", kind: "Secret" },
    metadata: { namespace: secret.namespace, name: secret.name },
    body: { type: "Opaque", data: { "tls.key": Buffer.from(value).toString("base64") } },
  });
  return store;
}

async function kept(data: string): Promise<unknown> {
  const store = await openEmbeddedStore(deps, { directory: data });
  try {
    return (await store.get(secret))?.body["data"];
  } finally {
    await store.close();
  }
}

const encoded = (value: string): object => ({
  "tls.key": Buffer.from(value).toString("base64"),
});

test("what a running gate keeps is copied into one file for its owner alone, and put back elsewhere", async (context) => {
  const [data, place] = [join(directory(context), "data"), directory(context)];
  const store = await keep(data, "the key");
  const file = join(place, "gate.backup");
  const backup = await runCommand(["backup", file, "--data", data]);
  assert.deepEqual([backup.code, backup.err], [0, ""]);
  assert.match(backup.out, /private keys in the clear/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await store.close();
  const other = join(place, "other");
  const restored = await runCommand(["restore", file, "--data", other]);
  assert.deepEqual([restored.code, restored.err], [0, ""]);
  assert.match(restored.out, /^1 objects of .* are kept in .*other now\n$/);
  assert.deepEqual(await kept(other), encoded("the key"));
  assert.equal(statSync(join(other, "store.db")).mode & 0o777, 0o600);
});

test("nothing is put back over what a gate keeps, unless that is said; it then stays beside it", async (context) => {
  const place = directory(context);
  const [old, present, file] = ["old", "present", "gate.backup"].map((name) => join(place, name));
  assert.ok(old !== undefined && present !== undefined && file !== undefined);
  await (await keep(old, "old")).close();
  await (await keep(present, "present")).close();
  await runCommand(["backup", file, "--data", old]);
  const refused = await runCommand(["restore", file, "--data", present]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /has kept something .* already\n {2}put the backup in its place with --replace/,
  );
  assert.deepEqual(await kept(present), encoded("present"));
  const done = await runCommand(["restore", file, "--data", present, "--replace"]);
  assert.equal(done.code, 0);
  assert.deepEqual(await kept(present), encoded("old"));
  assert.ok(statSync(join(present, "store.db.replaced")).size > 0);
});

test("a gate that runs is not restored under its feet", async (context) => {
  const place = directory(context);
  const data = join(place, "data");
  const file = join(place, "gate.backup");
  const store = await keep(data, "a");
  context.after(() => store.close());
  await runCommand(["backup", file, "--data", data]);
  const { code, err } = await runCommand(["restore", file, "--data", data, "--replace"]);
  assert.equal(code, 1);
  assert.match(err, /a gate runs with .*\n {2}end it first: sekisho down --data/);
});

test("what is damaged or is no backup changes nothing", async (context) => {
  const place = directory(context);
  const data = join(place, "data");
  const file = join(place, "gate.backup");
  await (await keep(data, "a")).close();
  await runCommand(["backup", file, "--data", data]);
  const bytes = readFileSync(file);
  for (const broken of [Buffer.from("no backup"), bytes.subarray(0, bytes.length / 2)]) {
    writeFileSync(file, broken);
    const { code, err } = await runCommand(["restore", file, "--data", data, "--replace"]);
    assert.equal(code, 1, err);
    assert.match(err, /cannot be copied/);
  }
  assert.deepEqual(await kept(data), encoded("a"));
});

test("encrypted Secrets stay so in a backup, and need their key to be put back", async (context) => {
  const place = directory(context);
  const [data, file, key] = ["data", "gate.backup", "key"].map((name) => join(place, name));
  assert.ok(data !== undefined && file !== undefined && key !== undefined);
  await (await keep(data, "the key of it")).close();
  writeFileSync(key, Buffer.alloc(32, 7));
  const withKey = { variables: { SEKISHO_STORE_KEY_FILE: key } };
  const first = join(place, "first.backup");
  await runCommand(["backup", first, "--data", data]);
  const sealed = join(place, "sealed");
  assert.equal((await runCommand(["restore", first, "--data", sealed], withKey)).code, 0);
  const backup = await runCommand(["backup", file, "--data", sealed], withKey);
  assert.match(backup.out, /keep that key elsewhere/);
  assert.ok(!readFileSync(file).includes(encodedText));
  const without = await runCommand(["restore", file, "--data", join(place, "without")]);
  assert.equal(without.code, 1);
  const again = await runCommand(["restore", file, "--data", join(place, "again")], withKey);
  assert.equal(again.code, 0, again.err);
});

const encodedText = Buffer.from("the key of it").toString("base64");

test("service install shows its unit, and is for root", async (context) => {
  const place = directory(context);
  const { code, out } = await runCommand(["service", "install", place, "--print"]);
  assert.equal(code, 0);
  assert.match(
    out,
    new RegExp(`^ExecStart=\\S+/sekisho up ${place} --data /var/lib/sekisho --json$`, "m"),
  );
  const missing = await runCommand(["service", "install", join(place, "none"), "--print"]);
  assert.deepEqual([missing.code, missing.err.includes("there is no directory")], [2, true]);
  const wrong = await runCommand(["service", "install", place, "--print", "--user", "a b"]);
  assert.equal(wrong.code, 2);
});
