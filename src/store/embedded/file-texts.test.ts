import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import type { Sealer } from "../sealer.ts";
import { type EmbeddedStore, openEmbeddedStore } from "./embedded-store.ts";

const deps = { files: createFiles(), clock: createClock(), random: createRandom() };

/** Turns every byte over: enough to see whether a text lies there in the clear. */
function flipping(keyId: string): Sealer {
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
  return { keyId, seal: flip, open: flip };
}

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), "sekisho-texts-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function put(store: EmbeddedStore, file: string, text: string | undefined): Promise<void> {
  await store.replaceFiles({
    set: [],
    removed: [],
    complete: false,
    texts: new Map([[file, text]]),
  });
}

test("the text of a file is there in the next run, until the file is gone", async (t) => {
  const directory = directoryOf(t);
  const first = await openEmbeddedStore(deps, { directory });
  await put(first, "a.yaml", "one");
  await put(first, "a.yaml", "two");
  await first.close();
  const second = await openEmbeddedStore(deps, { directory });
  assert.equal(second.fileText("a.yaml"), "two");
  assert.equal(second.fileText("b.yaml"), undefined);
  await put(second, "a.yaml", undefined);
  assert.equal(second.fileText("a.yaml"), undefined);
  await second.close();
});

test("with a key no text lies on the disk in the clear, not even one written before there was a key", async (t) => {
  const directory = directoryOf(t);
  const plain = await openEmbeddedStore(deps, { directory });
  await put(plain, "old.yaml", "password: old-secret");
  await plain.close();
  const sealed = await openEmbeddedStore(deps, { directory, sealer: flipping("k1") });
  await put(sealed, "new.yaml", "password: new-secret");
  assert.equal(sealed.fileText("old.yaml"), "password: old-secret");
  assert.equal(sealed.fileText("new.yaml"), "password: new-secret");
  await sealed.close();
  const bytes = readFileSync(path.join(directory, "store.db")).toString("latin1");
  assert.ok(!bytes.includes("old-secret") && !bytes.includes("new-secret"));
  const other = await openEmbeddedStore(deps, { directory, sealer: flipping("k2") });
  assert.equal(other.fileText("new.yaml"), undefined);
  await other.close();
});
