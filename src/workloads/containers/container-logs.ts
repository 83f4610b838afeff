/** Containers' output: one file a start, bounded in size, read from its beginning or followed. */

import type { Clock } from "#runtime/clock.ts";
import { type Files, FilesError } from "#runtime/files.ts";
import { pause } from "#runtime/pause.ts";

/** The kubelet's containerLogMaxSize. */
const maxBytes = 10 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const pollInterval = Temporal.Duration.from({ milliseconds: 250 });
const rotationInterval = Temporal.Duration.from({ seconds: 10 });

interface Outside {
  readonly files: Files;
  readonly clock: Clock;
}

/** The output file of a container's `restart`th start. */
export function logPath(directory: string, container: string, restart: number): string {
  return `${directory}/${container}/${restart}.log`;
}

/** Starts of which output is kept, oldest first. */
async function starts(files: Files, directory: string): Promise<readonly number[]> {
  if ((await files.status(directory)) === undefined) return [];
  const names = (await files.list(directory)).map(({ name }) => /^(\d+)\.log$/.exec(name)?.[1]);
  return names
    .filter((name) => name !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export interface LogReading {
  /** Go on with what is written later, over restarts, until aborted. */
  readonly follow: boolean;
  /** The start before the newest one, as `--previous`. */
  readonly previous: boolean;
}

/** The output of a container's newest start; with `follow` of later ones too. Nothing when it never ran. */
export async function* readLog(
  { files, clock }: Outside,
  directory: string,
  reading: LogReading,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const known = await starts(files, directory);
  let current = known.at(reading.previous ? -2 : -1);
  let offset = 0;
  for (;;) {
    if (current !== undefined) {
      const path = `${directory}/${current}.log`;
      const size = (await files.status(path))?.bytes ?? 0;
      // Shorter than what was read: it was rotated.
      if (size < offset) offset = 0;
      while (offset < size) {
        const chunk = await files.readAt(path, offset, Math.min(chunkBytes, size - offset));
        if (chunk.length === 0) break;
        offset += chunk.length;
        yield chunk;
      }
    }
    if (!reading.follow) return;
    const next = (await starts(files, directory)).find((start) => start > (current ?? -1));
    if (next !== undefined) {
      current = next;
      offset = 0;
    } else if (!(await pause(clock, pollInterval, signal))) return;
  }
}

/** Keeps the output below `directory` bounded until aborted: a file that has grown too long goes to `N.log.1`. */
export async function rotateLogs(
  { files, clock }: Outside,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  while (await pause(clock, rotationInterval, signal)) {
    for (const pod of await files.list(directory)) {
      for (const container of await files.list(`${directory}/${pod.name}`)) {
        await rotateContainer(files, `${directory}/${pod.name}/${container.name}`);
      }
    }
  }
}

async function rotateContainer(files: Files, directory: string): Promise<void> {
  try {
    const known = await starts(files, directory);
    for (const start of known.slice(0, -2)) {
      await files.remove(`${directory}/${start}.log`);
      await files.remove(`${directory}/${start}.log.1`);
    }
    for (const start of known.slice(-2)) {
      const path = `${directory}/${start}.log`;
      const size = (await files.status(path))?.bytes ?? 0;
      if (size <= maxBytes) continue;
      // The program goes on with the file it has: copied, then cut. What it writes in between is lost.
      const tail = await files.readAt(path, size - maxBytes, maxBytes);
      await files.replace(`${path}.1`, tail, 0o600);
      await files.truncate(path);
    }
  } catch (cause) {
    // A pod that went while it was looked at takes its output along.
    if (!(cause instanceof FilesError) || cause.code !== "not-found") throw cause;
  }
}
