/** A data directory whose store holds objects, as one that a gate has left behind. */

import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "#kinds/object.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import type { Draft } from "#store/object-store.ts";

/** What a gate on this address has written to each Ingress. */
const status = { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } };

/** Every write is made durable, which takes ten thousand of them no time in memory. */
const memory = "/dev/shm";

export async function fillStore(directory: string, drafts: readonly Draft[]): Promise<void> {
  const parent = existsSync(memory) ? memory : tmpdir();
  const place = mkdtempSync(join(parent, "sekisho-bench-store-"));
  try {
    const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
    const store = await openEmbeddedStore(deps, { directory: place });
    for (const draft of drafts) {
      const created = await store.create(draft);
      if (created.kind === "Ingress") await store.replaceStatus(keyOf(created), status);
    }
    await store.close();
    cpSync(place, directory, { recursive: true });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
