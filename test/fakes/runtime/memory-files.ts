/** A file system in memory: directories, files, links and pipes, with watching; tests change it by hand. */

import { posix } from "node:path";
import { type EntryKind, type FileStatus, type Files, FilesError } from "#runtime/files.ts";

export interface MemoryFiles extends Files {
  /** Writes a file in place, with the directories above it. */
  readonly write: (path: string, content: Uint8Array | string) => void;
  readonly link: (path: string, target: string) => void;
  /** Something that is neither file nor directory; reading it fails the test. */
  readonly pipe: (path: string) => void;
  /** Makes reading a file, or listing a directory, fail or work again. */
  readonly deny: (path: string, denied: boolean) => void;
  readonly move: (from: string, to: string) => void;
  readonly erase: (path: string) => void;
  /** Ends the watch of a directory from outside. */
  readonly failWatch: (directory: string, error: Error) => void;
  /** How many directories are watched now. */
  readonly watchCount: () => number;
  /** Called before each read: tests change things behind a reader's back. */
  onRead: (path: string) => void;
  /** The same before each look at a status. */
  onStatus: (path: string) => void;
  /** Paths of files read so far, in order. */
  readonly reads: string[];
}

interface Node {
  readonly kind: EntryKind;
  readonly identity: string;
  content: Uint8Array;
  modifiedNs: bigint;
  denied: boolean;
  readonly target: string;
  readonly children: Map<string, Node>;
}

interface Watch {
  readonly node: Node;
  readonly changed: () => void;
  readonly failed: (error: Error) => void;
}

const maxLinks = 40;

/** An empty file system that knows the root `/` only. */
export function createMemoryFiles(): MemoryFiles {
  return new Memory();
}

class Memory implements MemoryFiles {
  #lastNumber = 0;
  readonly #root = this.#node("directory");
  readonly #watches = new Set<Watch>();
  readonly reads: string[] = [];
  onRead: (path: string) => void = () => undefined;
  onStatus: (path: string) => void = () => undefined;
  /** Numbers of files that are gone: the next file gets the last of them, as file systems do it. */
  readonly #freed: string[] = [];

  #number(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  #node(kind: EntryKind, target = ""): Node {
    const freed = kind === "file" ? this.#freed.pop() : undefined;
    const identity = freed ?? `1:${this.#number()}`;
    const content = new Uint8Array();
    const modifiedNs = BigInt(this.#number());
    return { kind, identity, content, modifiedNs, denied: false, target, children: new Map() };
  }

  /** The node at a path; links on the way are followed, at its end only when asked. */
  #find(path: string, followLast: boolean, links = 0): Node | undefined {
    if (links > maxLinks) throw new FilesError("loop", path, `too many links at ${path}`);
    const parts = posix
      .resolve("/", path)
      .split("/")
      .filter((part) => part !== "");
    let node = this.#root;
    for (const [index, part] of parts.entries()) {
      const next = node.children.get(part);
      if (next === undefined) return undefined;
      const last = index === parts.length - 1;
      if (next.kind !== "link" || (last && !followLast)) {
        node = next;
        continue;
      }
      const here = `/${parts.slice(0, index).join("/")}`;
      const rest = parts.slice(index + 1).join("/");
      return this.#find(posix.resolve(here, next.target, rest), followLast, links + 1);
    }
    return node;
  }

  #directory(path: string): Node {
    let node = this.#root;
    for (const part of posix
      .resolve("/", path)
      .split("/")
      .filter((name) => name !== "")) {
      let next = node.children.get(part);
      if (next === undefined) {
        next = this.#node("directory");
        node.children.set(part, next);
        this.#announce(node);
      }
      node = next;
    }
    return node;
  }

  #announce(directory: Node): void {
    for (const watch of this.#watches) if (watch.node === directory) watch.changed();
  }

  #put(path: string, node: Node): void {
    const parent = this.#directory(posix.dirname(path));
    const name = posix.basename(path);
    const before = parent.children.get(name);
    parent.children.set(name, node);
    if (before?.kind === "file" && before !== node) this.#freed.push(before.identity);
    this.#announce(parent);
  }

  readonly write = (path: string, content: Uint8Array | string): void => {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const known = this.#find(path, true);
    const node = known ?? this.#node("file");
    node.content = bytes;
    node.modifiedNs = BigInt(this.#number());
    if (known === undefined) this.#put(path, node);
    else this.#announce(this.#directory(posix.dirname(path)));
  };

  readonly link = (path: string, target: string): void =>
    this.#put(path, this.#node("link", target));

  readonly pipe = (path: string): void => this.#put(path, this.#node("other"));

  readonly deny = (path: string, denied: boolean): void => {
    const node = this.#existing(path);
    node.denied = denied;
    this.#announce(this.#directory(posix.dirname(path)));
  };

  readonly move = (from: string, to: string): void => {
    const node = this.#find(from, false);
    if (node === undefined) throw new FilesError("not-found", from, `${from} is not there`);
    this.#detach(from);
    this.#put(to, node);
    this.#announce(node);
  };

  readonly erase = (path: string): void => {
    const node = this.#find(path, false);
    if (node === undefined) return;
    this.#detach(path);
    if (node.kind === "file") this.#freed.push(node.identity);
    this.#announce(node);
  };

  #detach(path: string): void {
    const parent = this.#find(posix.dirname(path), true);
    if (parent === undefined) return;
    parent.children.delete(posix.basename(path));
    this.#announce(parent);
  }

  #existing(path: string): Node {
    const node = this.#find(path, true);
    if (node === undefined) throw new FilesError("not-found", path, `${path} is not there`);
    return node;
  }

  readonly failWatch = (directory: string, error: Error): void => {
    const node = this.#existing(directory);
    for (const watch of [...this.#watches].filter((candidate) => candidate.node === node)) {
      this.#watches.delete(watch);
      watch.failed(error);
    }
  };

  readonly watchCount = (): number => this.#watches.size;

  readonly status: Files["status"] = async (path) => {
    this.onStatus(path);
    const node = this.#find(path, true);
    if (node === undefined) return undefined;
    const { kind, content, modifiedNs, identity } = node;
    return { kind, bytes: content.length, modifiedNs, identity, mode: 0o644 } satisfies FileStatus;
  };

  readonly list: Files["list"] = async (directory) => {
    const node = this.#existing(directory);
    if (node.denied) throw new FilesError("denied", directory, "permission denied");
    if (node.kind !== "directory") throw new FilesError("not-directory", directory, "no directory");
    return [...node.children]
      .map(([name, { kind }]) => ({ name, kind }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  readonly read: Files["read"] = async (path, maxBytes) => {
    this.reads.push(path);
    const node = this.#existing(path);
    if (node.kind === "other") throw new Error(`a pipe was read: ${path}`);
    if (node.denied) throw new FilesError("denied", path, "permission denied");
    if (node.content.length > maxBytes) throw new FilesError("too-large", path, "too large");
    const { content } = node;
    this.onRead(path);
    return content;
  };

  readonly readAt: Files["readAt"] = async (path, offset, length) =>
    this.#existing(path).content.subarray(offset, offset + length);

  readonly replace: Files["replace"] = async (path, content) => {
    const node = this.#node("file");
    node.content = typeof content === "string" ? Buffer.from(content) : content;
    this.#put(path, node);
  };

  readonly writeAt: Files["writeAt"] = async (path, offset, content) => {
    const written = Buffer.from(this.#existing(path).content);
    written.set(content, offset);
    this.write(path, written);
  };

  readonly replaceByLink: Files["replaceByLink"] = async (path, target) => this.link(path, target);

  readonly truncate: Files["truncate"] = async (path) => this.write(path, "");

  readonly makeDirectory: Files["makeDirectory"] = async (path) => {
    this.#directory(path);
  };

  readonly rename: Files["rename"] = async (from, to) => this.move(from, to);

  readonly remove: Files["remove"] = async (path) => this.erase(path);

  readonly realPath: Files["realPath"] = async (path) => posix.resolve("/", path);

  readonly watch: Files["watch"] = (directory, changed, failed) => {
    const watch = { node: this.#existing(directory), changed, failed };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  };

  readonly lock: Files["lock"] = async () => ({ release: async () => undefined });
}
