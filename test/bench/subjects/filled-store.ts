/** A data directory whose store holds objects, as one that a gate has left behind. */

import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import { keyOf } from "#kinds/object.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import type { Draft } from "#store/object-store.ts";

/** Every write is made durable, which takes ten thousand of them no time in memory. */
const memory = "/dev/shm";

/** `statusOf`: what a gate has written to it before; undefined: it is a kind without. */
export async function fillStore(
  directory: string,
  drafts: readonly Draft[],
  statusOf: (draft: Draft) => JsonObject | undefined,
): Promise<void> {
  const parent = existsSync(memory) ? memory : tmpdir();
  const place = mkdtempSync(join(parent, "sekisho-bench-store-"));
  try {
    const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
    const store = await openEmbeddedStore(deps, { directory: place });
    for (const draft of drafts) {
      const created = await store.create(draft);
      const status = statusOf(draft);
      if (status !== undefined) await store.replaceStatus(keyOf(created), status);
    }
    await store.close();
    cpSync(place, directory, { recursive: true });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
