/** The file system, injected. Failures of the system are thrown as {@link FilesError}. */

export type EntryKind = "file" | "directory" | "link" | "other";

export interface FileStatus {
  /** What the path leads to after following links. */
  readonly kind: EntryKind;
  readonly bytes: number;
  readonly modifiedNs: bigint;
  /** Device and inode: two paths with one identity are one file. */
  readonly identity: string;
  /** Permission bits, as 0o600. */
  readonly mode: number;
}

export interface Files {
  /** The status after following links; undefined when nothing is there. */
  readonly status: (path: string) => Promise<FileStatus | undefined>;
  /** Names in a directory with their own kind (links not followed), sorted. */
  readonly list: (
    directory: string,
  ) => Promise<readonly { readonly name: string; readonly kind: EntryKind }[]>;
  /** Reads at most `maxBytes`; throws FilesError `too-large` when there is more. */
  readonly read: (path: string, maxBytes: number) => Promise<Uint8Array>;
  /** Reads `length` bytes from `offset`, fewer at the end. */
  readonly readAt: (path: string, offset: number, length: number) => Promise<Uint8Array>;
  /** Replaces a file whole: temporary file, fsync, rename, fsync of the directory. */
  readonly replace: (path: string, content: Uint8Array | string, mode: number) => Promise<void>;
  /** Overwrites bytes of a file in place, also those that other programs have in memory. */
  readonly writeAt: (path: string, offset: number, content: Uint8Array) => Promise<void>;
  /** A symbolic link to `target` takes the place of whatever file is there. */
  readonly replaceByLink: (path: string, target: string) => Promise<void>;
  /** Cuts a file to nothing; writers that append go on at its start. */
  readonly truncate: (path: string) => Promise<void>;
  readonly makeDirectory: (path: string, mode: number) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Removes a file or a directory with all in it; nothing there is fine. */
  readonly remove: (path: string) => Promise<void>;
  /** The absolute path with all links resolved. */
  readonly realPath: (path: string) => Promise<string>;
  /** Calls `changed` after anything directly in `directory` changed (names unknown); the returned function stops it. `failed` is called once when watching ends by itself. */
  readonly watch: (
    directory: string,
    changed: () => void,
    failed: (error: Error) => void,
  ) => () => void;
  /** Holds an exclusive lock on a file while this process lives; undefined when another process holds it. */
  readonly lock: (path: string) => Promise<{ readonly release: () => Promise<void> } | undefined>;
}

export type FilesErrorCode =
  | "not-found"
  | "denied"
  | "too-large"
  | "loop"
  | "not-directory"
  | "full"
  | "other";

export class FilesError extends Error {
  readonly code: FilesErrorCode;
  readonly path: string;
  readonly retryable = false;
  constructor(code: FilesErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FilesError";
    this.code = code;
    this.path = path;
  }
}
