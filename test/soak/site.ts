/** Where a soak takes place: a served directory whose files change, and two servers behind it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "#runtime/clock.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createWorld, type World } from "./unbroken/changes.ts";
import { ManifestFiles } from "./unbroken/manifests.ts";
import { startUpstream } from "./unbroken/upstream.ts";

export interface SoakSite {
  readonly clock: Clock;
  readonly world: World;
  /** The directory that is served. */
  readonly served: string;
  /** For settings of `up`. */
  readonly settings: string;
}

/** `undo` ends the servers and removes the directory. */
export async function createSite(undo: AsyncDisposableStack): Promise<SoakSite> {
  const clock = createClock();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-soak-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const upstreams = [
    undo.use(await startUpstream("a")),
    undo.use(await startUpstream("b")),
  ] as const;
  const files = new ManifestFiles(join(directory, "served"));
  const world = createWorld({ files, upstreams, nowMs: () => clock.monotonicMs() });
  return { clock, world, served: files.directory, settings: join(directory, "sekisho.yaml") };
}
