/** The file system of this machine. */

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  read as readFromDescriptor,
  readSync,
  watch as watchDirectory,
} from "node:fs";
import {
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  truncate,
} from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import {
  type EntryKind,
  type FileStatus,
  type Files,
  FilesError,
  type FilesErrorCode,
} from "./files.ts";

/** A {@link Files} on this machine's disks. */
export function createFiles(): Files {
  return {
    status,
    list,
    read,
    readAt,
    replace,
    writeAt,
    replaceByLink,
    truncate: (target) => failing(target, () => truncate(target)),
    makeDirectory: (target, mode) =>
      failing(target, async () => void (await mkdir(target, { recursive: true, mode }))),
    rename: (from, to) => failing(from, () => rename(from, to)),
    remove: (target) => failing(target, () => rm(target, { recursive: true, force: true })),
    realPath: (target) => failing(target, () => realpath(target)),
    watch,
    lock,
  };
}

async function status(target: string): Promise<FileStatus | undefined> {
  try {
    const found = await stat(target, { bigint: true });
    return {
      kind: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other",
      bytes: Number(found.size),
      modifiedNs: found.mtimeNs,
      identity: `${found.dev}:${found.ino}`,
      mode: Number(found.mode) & 0o7777,
    };
  } catch (error) {
    const failure = asFilesError(target, error);
    if (failure.code === "not-found" || failure.code === "not-directory") return undefined;
    throw failure;
  }
}

function list(
  directory: string,
): Promise<readonly { readonly name: string; readonly kind: EntryKind }[]> {
  return failing(directory, async () => {
    const entries = await readdir(directory, { withFileTypes: true });
    const kinds = entries.map((entry) => ({
      name: entry.name,
      kind: entry.isSymbolicLink()
        ? "link"
        : entry.isFile()
          ? "file"
          : entry.isDirectory()
            ? "directory"
            : "other",
    })) satisfies readonly { name: string; kind: EntryKind }[];
    return kinds.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  });
}

/** A file up to this size is read at once: each step that another thread takes costs more than the whole of it does. */
const mostBytesAtOnce = 256 * 1024;
const readInThread = promisify(readFromDescriptor);

/** Opened without blocking, so that a FIFO nobody writes to cannot hold us. */
function read(target: string, maxBytes: number): Promise<Uint8Array> {
  return failing(target, async () => {
    const descriptor = openSync(target, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(descriptor);
      if (!found.isFile()) throw new FilesError("other", target, `${target} is not a file`);
      if (found.size > maxBytes) throw tooLarge(target, maxBytes);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for (;;) {
        const chunk = Buffer.allocUnsafe(Math.max(4096, Math.min(1 << 20, found.size - bytes + 1)));
        const bytesRead =
          found.size > mostBytesAtOnce
            ? (await readInThread(descriptor, chunk, 0, chunk.length, null)).bytesRead
            : readSync(descriptor, chunk, 0, chunk.length, null);
        if (bytesRead === 0) return Buffer.concat(chunks, bytes);
        bytes += bytesRead;
        if (bytes > maxBytes) throw tooLarge(target, maxBytes);
        chunks.push(chunk.subarray(0, bytesRead));
      }
    } finally {
      closeSync(descriptor);
    }
  });
}

function tooLarge(target: string, maxBytes: number): FilesError {
  return new FilesError("too-large", target, `${target} is larger than ${maxBytes} bytes`);
}

function readAt(target: string, offset: number, length: number): Promise<Uint8Array> {
  return failing(target, async () => {
    await using file = await open(target, "r");
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  });
}

function replace(target: string, content: Uint8Array | string, mode: number): Promise<void> {
  return failing(target, async () => {
    const directory = path.dirname(target);
    const temporary = temporaryFor(target);
    try {
      await using file = await open(temporary, "wx", mode);
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await using parent = await open(directory, "r");
    await parent.sync();
  });
}

function writeAt(target: string, offset: number, content: Uint8Array): Promise<void> {
  return failing(target, async () => {
    await using file = await open(target, "r+");
    await file.write(content, 0, content.length, offset);
  });
}

function replaceByLink(target: string, to: string): Promise<void> {
  return failing(target, async () => {
    const temporary = temporaryFor(target);
    try {
      await symlink(to, temporary);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

function temporaryFor(target: string): string {
  const name = `.${path.basename(target)}.${process.pid}.${nextNumber()}`;
  return path.join(path.dirname(target), name);
}

let lastNumber = 0;
function nextNumber(): number {
  lastNumber += 1;
  return lastNumber;
}

function watch(directory: string, changed: () => void, failed: (error: Error) => void): () => void {
  let ended = false;
  const fail = (error: unknown): void => {
    if (ended) return;
    ended = true;
    failed(asFilesError(directory, error));
  };
  try {
    const watcher = watchDirectory(directory, { persistent: true }, () => {
      if (!ended) changed();
    });
    watcher.on("error", fail);
    return () => {
      ended = true;
      watcher.close();
    };
  } catch (error) {
    fail(error);
    return () => undefined;
  }
}

/**
 * Node has no flock. An exclusive transaction of SQLite on the lock file is one (an advisory lock of the kernel): it
 * ends with the process however it ends, and leaves nothing behind that could be stale.
 */
async function lock(
  target: string,
): Promise<{ readonly release: () => Promise<void> } | undefined> {
  return await failing(target, async () => {
    // Only a new file is opened here: closing any descriptor of a file ends a process's locks on it (fcntl(2)).
    if ((await status(target)) === undefined) await (await open(target, "a", 0o600)).close();
    const database = new DatabaseSync(target);
    try {
      database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
      throw error;
    }
    return {
      release: async () => {
        database.close();
      },
    };
  });
}

async function failing<T>(target: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asFilesError(target, error);
  }
}

const codes: Readonly<Record<string, FilesErrorCode>> = {
  ENOENT: "not-found",
  EACCES: "denied",
  EPERM: "denied",
  ELOOP: "loop",
  ENOTDIR: "not-directory",
  ENOSPC: "full",
  EDQUOT: "full",
};

function asFilesError(target: string, error: unknown): FilesError {
  if (error instanceof FilesError) return error;
  const cause = error as NodeJS.ErrnoException;
  return new FilesError(codes[cause.code ?? ""] ?? "other", target, cause.message, { cause });
}
