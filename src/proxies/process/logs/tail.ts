/** Follows a log that others write and that is put aside when full: every line once, in order. */

import type { Clock } from "#runtime/clock.ts";
import type { FileStatus, Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import { rotatedName } from "./log-rotation.ts";

export interface TailSettings {
  readonly path: string;
  /** How many files are kept aside (see `log-rotation.ts`). */
  readonly keep: number;
  /** Where to begin in a file that is already there when following starts. */
  readonly from: "start" | "end";
  /** How often to look. Default 500 ms. */
  readonly every?: Temporal.Duration;
}

export interface Tail {
  /** Hands on all lines that are complete by now. */
  readonly poll: () => Promise<void>;
}

const chunkBytes = 256 * 1024;
/** Of a longer line only the beginning is handed on. */
const maxLineBytes = 64 * 1024;
const newline = 10;
const nothing = new Uint8Array();

/** A file by its identity, whatever its name is now, and how far it was read. */
interface FilePlace {
  readonly identity: string;
  readonly offset: number;
}

/** Polls until `signal` is aborted, once more after that, so that the last lines are not lost. */
export async function followLog(
  deps: { readonly clock: Clock; readonly files: Files },
  settings: TailSettings,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const tail = createTail(deps.files, settings, onLine);
  const every = settings.every ?? Temporal.Duration.from({ milliseconds: 500 });
  while (!signal.aborted) {
    await tail.poll();
    try {
      await deps.clock.sleep(every, signal);
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
  await tail.poll();
}

/** A tail that looks only when told; calls of `poll` must not overlap. Throws FilesError when the log cannot be read. */
export function createTail(
  files: Files,
  settings: TailSettings,
  onLine: (line: string) => void,
): Tail {
  const lines = createLineSplitter(onLine);
  let place: FilePlace | undefined;
  let first = true;

  const poll = async (): Promise<void> => {
    place ??= await begin();
    first = false;
    // Each turn finishes one file; there are at most `keep` + 1 of them.
    for (let turn = 0; place !== undefined && turn <= settings.keep + 1; turn += 1) {
      const next = await readOn(place);
      if (next === "done") return;
      place = next;
    }
  };

  const begin = async (): Promise<FilePlace | undefined> => {
    const status = await files.status(settings.path);
    if (status === undefined) return undefined;
    const offset = first && settings.from === "end" ? status.bytes : 0;
    return { identity: status.identity, offset };
  };

  /** Reads the file we are in to its end; then where to go on, or "done" when this is the newest. */
  const readOn = async (at: FilePlace): Promise<FilePlace | undefined | "done"> => {
    const age = await findAge(at.identity);
    if (age === undefined) {
      // Put aside so often that it is gone: go on with what is there.
      lines.end();
      return begin();
    }
    // Seen before reading: once the next file is there, the writer has left this one for good.
    const newer = age === 0 ? undefined : await files.status(rotatedName(settings.path, age - 1));
    const complete = await readToEnd(at, rotatedName(settings.path, age));
    if (newer === undefined || !complete) return "done";
    lines.end();
    return { identity: newer.identity, offset: 0 };
  };

  const findAge = async (identity: string): Promise<number | undefined> => {
    for (let age = 0; age <= settings.keep; age += 1) {
      const status = await files.status(rotatedName(settings.path, age));
      if (status?.identity === identity) return age;
    }
    return undefined;
  };

  /** False when the file was renamed under our hands: the next poll finds it again. */
  const readToEnd = async (at: FilePlace, name: string): Promise<boolean> => {
    let offset = at.offset;
    for (;;) {
      const chunk = await readChunk(files, name, at.identity, offset);
      if (chunk === undefined) return false;
      if (chunk.truncated) {
        lines.end();
        offset = 0;
      }
      lines.push(chunk.bytes);
      offset += chunk.bytes.length;
      place = { identity: at.identity, offset };
      if (chunk.bytes.length === 0) return true;
    }
  };

  return { poll };
}

interface Chunk {
  readonly bytes: Uint8Array;
  /** The file had become shorter than `offset`, so this was read from its start. */
  readonly truncated: boolean;
}

/** Undefined when `name` is not, or not any more after reading, the file with this identity. */
async function readChunk(
  files: Files,
  name: string,
  identity: string,
  offset: number,
): Promise<Chunk | undefined> {
  const isIt = (status: FileStatus | undefined): boolean => status?.identity === identity;
  try {
    const before = await files.status(name);
    if (!isIt(before)) return undefined;
    const size = before?.bytes ?? 0;
    const truncated = size < offset;
    const from = truncated ? 0 : offset;
    // Most looks find nothing new, and are to cost nothing: also no memory, which is not collected while nothing happens.
    if (size === from) return { bytes: nothing, truncated };
    const bytes = await files.readAt(name, from, Math.min(chunkBytes, size - from));
    return isIt(await files.status(name)) ? { bytes, truncated } : undefined;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === "not-found") return undefined;
    throw cause;
  }
}

interface LineSplitter {
  readonly push: (bytes: Uint8Array) => void;
  /** What was begun is a line as it is: its rest will not come. */
  readonly end: () => void;
}

function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  const keep = (bytes: Uint8Array): void => {
    const room = bytes.subarray(0, Math.max(0, maxLineBytes - begunBytes));
    // A copy: the chunk it came from may be large.
    if (room.length > 0) begun.push(room.slice());
    begunBytes += room.length;
  };
  const end = (): void => {
    if (begunBytes > 0) onLine(new TextDecoder().decode(Buffer.concat(begun)));
    begun = [];
    begunBytes = 0;
  };
  const push = (bytes: Uint8Array): void => {
    let start = 0;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, start)) {
      keep(bytes.subarray(start, at));
      end();
      start = at + 1;
    }
    keep(bytes.subarray(start));
  };
  return { push, end };
}
