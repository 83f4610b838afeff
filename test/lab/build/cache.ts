/** Where built programs are kept: a folder for each version, which is whole as soon as it is there. */

import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** `sekisho/lab` in the user's cache directory. */
export function cacheFolder(): string {
  const configured = process.env["XDG_CACHE_HOME"] ?? "";
  const cache = isAbsolute(configured) ? configured : join(homedir(), ".cache");
  return join(cache, "sekisho", "lab");
}

/** Changes when one of the files does, or anything else that decides what is built. */
export function keyOf(
  folder: string,
  patterns: readonly string[],
  others: readonly string[],
): string {
  const hash = createHash("sha256");
  for (const file of globSync([...patterns], { cwd: folder }).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update("\0");
  }
  for (const other of others) hash.update(`${other}\0`);
  return hash.digest("hex").slice(0, 12);
}

/**
 * The folder of that name; if it is not there, `build` fills an empty one that is then renamed. Several builders at
 * once do no harm: the first to end wins.
 */
export async function cached(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), ".building-"));
  try {
    await build(work);
    renameInto(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Versions of which nobody has made use for that long are removed. */
const keptMs = 30 * 24 * 3600 * 1000;

/** Notes that these folders are in use, and removes those that have not been for a month. */
export function keepInUse(folders: Iterable<string>): void {
  const now = new Date();
  for (const folder of folders) utimesSync(folder, now, now);
  for (const entry of readdirSync(cacheFolder())) {
    const folder = join(cacheFolder(), entry);
    const status = statSync(folder, { throwIfNoEntry: false });
    if (status === undefined || now.getTime() - status.mtimeMs < keptMs) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function renameInto(work: string, folder: string): void {
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another builder was faster
  }
}
