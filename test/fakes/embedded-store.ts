/** An embedded store in a directory that goes with the test. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Clock } from "#runtime/clock.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";

/** `now`: what time it stamps with, by default this machine's. */
export async function temporaryStore(
  context: TestContext,
  now?: Clock["now"],
): Promise<EmbeddedStore> {
  const directory = await mkdtemp(join(tmpdir(), "sekisho-store-"));
  context.after(() => rm(directory, { recursive: true }));
  const real = createClock();
  const clock = { ...real, now: now ?? real.now };
  const deps = { files: createFiles(), clock, random: createRandom() };
  const store = await openEmbeddedStore(deps, { directory });
  context.after(() => store.close());
  return store;
}

/** Resolves once all that the store was asked to write before is written. */
export async function written(store: EmbeddedStore): Promise<void> {
  await store.replaceFiles({ set: [], removed: [], complete: false });
}
