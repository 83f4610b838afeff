/**
 * The manifest files below some directories: listed once, then again only where something changed.
 *
 * Names that begin with a dot are passed over: editors' swap files and locks, `.git`, and the `..data` directories of
 * mounted ConfigMaps, whose files are reached through the links beside them. Links are followed, and never in circles;
 * a file or directory that can be reached twice is read at the path that sorts first.
 */

import { join } from "node:path";
import { compareText } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import { type FileStatus, type Files, FilesError } from "#runtime/files.ts";
import { fileFinding } from "./manifest.ts";

/** A manifest file that is there. */
export interface FoundFile {
  readonly path: string;
  /** The number of the root that it was found below. */
  readonly root: number;
  readonly status: FileStatus;
}

/** False when a file was written, replaced or exchanged between two looks at it. */
export function isSameVersion(a: FileStatus, b: FileStatus): boolean {
  return a.modifiedNs === b.modifiedNs && a.bytes === b.bytes && a.identity === b.identity;
}

/** A text that sorts files by root, then by path, name after name. */
export function orderOf({ root, path }: FoundFile): string {
  // NUL sorts before every character of a name; roots are few, and their numbers sort as texts when equally long.
  return `${String(root).padStart(6, "0")}\0${path.replaceAll("/", "\0")}`;
}

/** What a walk over the tree found. */
export interface Walk {
  /** In order. */
  readonly files: readonly FoundFile[];
  /** Every directory that was entered, with what it is now. */
  readonly directories: ReadonlyMap<string, string>;
  /** Directories of which nothing can be known now: what was known below them stays in force. */
  readonly unknown: ReadonlySet<string>;
  readonly missingRoots: readonly string[];
  readonly findings: readonly Finding[];
}

interface Entries {
  readonly kind: "entries";
  readonly identity: string;
  readonly entries: readonly Entry[];
}

type Listing =
  | Entries
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: FilesError };

interface Entry {
  readonly path: string;
  readonly isManifest: boolean;
  readonly status: FileStatus | FilesError | undefined;
}

const manifestName = /\.(ya?ml|json)$/;

/** Status calls under way at once. */
const concurrency = 32;

export class DirectoryTree {
  readonly #files: Files;
  readonly #roots: readonly string[];
  readonly #entered: (directory: string, identity: string) => void;
  readonly #listings = new Map<string, Entries>();

  /** `entered` is called before a directory is listed, so that a change after the listing is noticed. */
  constructor(
    files: Files,
    roots: readonly string[],
    entered: (directory: string, identity: string) => void,
  ) {
    this.#files = files;
    this.#roots = roots;
    this.#entered = entered;
  }

  /** Forgets the listing of a directory, or all of them. */
  forget(directory?: string): void {
    if (directory === undefined) this.#listings.clear();
    else this.#listings.delete(directory);
  }

  /** Walks over the tree; directories that are not known are listed. */
  async walk(): Promise<Walk> {
    const walker = new Walker((directory, identity) => this.#listing(directory, identity));
    for (const [index, root] of this.#roots.entries()) await walker.enterRoot(root, index);
    const walk = walker.result();
    for (const directory of this.#listings.keys()) {
      if (!walk.directories.has(directory)) this.#listings.delete(directory);
    }
    return walk;
  }

  /** What is known of a directory, unless another one has taken its place; failures are tried again each time. */
  async #listing(directory: string, identity: string | undefined): Promise<Listing> {
    const known = this.#listings.get(directory);
    if (known !== undefined && (identity === undefined || known.identity === identity))
      return known;
    const listing = await this.#list(directory);
    if (listing.kind === "entries") this.#listings.set(directory, listing);
    else this.#listings.delete(directory);
    return listing;
  }

  async #list(directory: string): Promise<Listing> {
    try {
      const status = await this.#files.status(directory);
      if (status?.kind !== "directory") return { kind: "missing" };
      this.#entered(directory, status.identity);
      const found = await this.#files.list(directory);
      const names = found
        .filter(
          ({ name, kind }) => !name.startsWith(".") && (kind !== "file" || manifestName.test(name)),
        )
        .filter(({ name, kind }) => kind !== "other" || manifestName.test(name))
        .map(({ name }) => name);
      const entries = await this.#statuses(directory, names.toSorted(compareText));
      return { kind: "entries", identity: status.identity, entries };
    } catch (error) {
      if (!(error instanceof FilesError)) throw error;
      const gone = error.code === "not-found" || error.code === "not-directory";
      return gone ? { kind: "missing" } : { kind: "failed", error };
    }
  }

  async #statuses(directory: string, names: readonly string[]): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (let start = 0; start < names.length; start += concurrency) {
      const some = names.slice(start, start + concurrency);
      const statuses = some.map(async (name) => {
        const path = join(directory, name);
        return { path, isManifest: manifestName.test(name), status: await this.#status(path) };
      });
      entries.push(...(await Promise.all(statuses)));
    }
    return entries;
  }

  async #status(path: string): Promise<Entry["status"]> {
    try {
      return await this.#files.status(path);
    } catch (error) {
      if (error instanceof FilesError) return error;
      throw error;
    }
  }
}

/** A directory on the way from a root to where the walk is. */
interface Step {
  readonly path: string;
  readonly root: number;
  readonly ancestors: ReadonlySet<string>;
}

/** Lists a directory; the identity is that which its parent saw, undefined for a root. */
type List = (directory: string, identity: string | undefined) => Promise<Listing>;

class Walker {
  readonly #listing: List;
  readonly #files: FoundFile[] = [];
  readonly #directories = new Map<string, string>();
  /** Identities of directories that were entered. */
  readonly #entered = new Set<string>();
  /** What was found of files, by identity. */
  readonly #found = new Map<string, FileStatus>();
  readonly #unknown = new Set<string>();
  readonly #missingRoots: string[] = [];
  readonly #findings: Finding[] = [];

  constructor(listing: List) {
    this.#listing = listing;
  }

  result(): Walk {
    return {
      files: this.#files,
      directories: this.#directories,
      unknown: this.#unknown,
      missingRoots: this.#missingRoots,
      findings: this.#findings,
    };
  }

  async enterRoot(root: string, index: number): Promise<void> {
    const found = await this.#enter({ path: root, root: index, ancestors: new Set() }, undefined);
    if (found !== "missing") return;
    this.#missingRoots.push(root);
    this.#unknown.add(root);
    this.#report(root, {
      reason: "DirectoryMissing",
      message: "This directory is not there; what was last read from it stays in force.",
      advice: "Bring it back, or start Sekisho with another directory.",
    });
  }

  #report(path: string, what: Parameters<typeof fileFinding>[1]): void {
    this.#findings.push(fileFinding(path, what));
  }

  async #enter(step: Step, seen: string | undefined): Promise<Listing["kind"]> {
    const { path } = step;
    const listing = await this.#listing(path, seen);
    if (listing.kind === "failed") {
      this.#unknown.add(path);
      this.#reportFailure(path, listing.error);
    }
    if (listing.kind !== "entries") return listing.kind;
    const { identity, entries } = listing;
    this.#directories.set(path, identity);
    this.#entered.add(identity);
    const ancestors = new Set([...step.ancestors, identity]);
    const below = { root: step.root, ancestors };
    for (const entry of entries) {
      const directory = this.#take(entry, below);
      if (directory !== undefined) await this.#enter({ ...below, path: entry.path }, directory);
    }
    return listing.kind;
  }

  /** Notes a file, or says which directory there is to enter. */
  #take({ path, isManifest, status }: Entry, step: Omit<Step, "path">): string | undefined {
    if (status instanceof FilesError) {
      this.#unknown.add(path);
      this.#reportFailure(path, status);
    } else if (status?.kind === "directory") {
      if (!this.#entered.has(status.identity)) return status.identity;
      if (step.ancestors.has(status.identity)) this.#reportLoop(path);
    } else if (!isManifest) {
      return undefined;
    } else if (status === undefined) {
      this.#reportDangling(path);
    } else if (status.kind !== "file") {
      this.#reportOther(path);
    } else if (!this.#isFoundElsewhere(status)) {
      this.#found.set(status.identity, status);
      this.#files.push({ path, root: step.root, status });
    }
    return undefined;
  }

  /**
   * A file that is replaced during the walk leaves its number to the next file that is made: numbers alone would take
   * that one for found already, and so for gone from its own path.
   */
  #isFoundElsewhere(status: FileStatus): boolean {
    const found = this.#found.get(status.identity);
    return found !== undefined && isSameVersion(found, status);
  }

  #reportOther(path: string): void {
    this.#report(path, {
      severity: "warning",
      reason: "NotAFile",
      message: "This is a pipe, socket or device, not a file: it is not read.",
      advice: "Put a file in its place, or remove it.",
    });
  }

  /** Nothing is at the end of a link; a file that vanished since it was listed has no entry in the next listing. */
  #reportDangling(path: string): void {
    this.#report(path, {
      severity: "warning",
      reason: "FileMissing",
      message: "This leads to no file.",
      advice: "Correct or remove the link.",
    });
  }

  #reportLoop(path: string): void {
    this.#report(path, {
      severity: "warning",
      reason: "LinkLoop",
      message: "This link leads back to a directory that it is in: it is not followed.",
      advice: "Remove the link.",
    });
  }

  #reportFailure(path: string, error: FilesError): void {
    const loop = error.code === "loop";
    this.#report(path, {
      reason: loop ? "LinkLoop" : "Unreadable",
      message: loop
        ? "The links at this path lead in a circle: nothing can be read there."
        : `This cannot be read (${error.message}); what was last read from it stays in force.`,
      advice: loop ? "Correct or remove the link." : "Let the user that Sekisho runs as read it.",
    });
  }
}
