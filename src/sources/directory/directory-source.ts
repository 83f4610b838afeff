/** Directories of manifests → batches of changed objects, as the files change. */

import { dirname, normalize } from "node:path";
import type { Finding } from "#base/finding.ts";
import type { Place } from "#base/origin.ts";
import type { ObjectKey } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { DirectoryTree, type FoundFile, isSameVersion, type Walk } from "./directory-tree.ts";
import { type FileRecord, readRecord } from "./file-record.ts";
import { createLocator, type Locator } from "./locator.ts";
import { defaultManifestLimits, fileFinding, type ManifestLimits } from "./manifest.ts";
import type { Recognise, SourceObject } from "./source-object.ts";
import { World } from "./world.ts";

export interface DirectoryLimits extends ManifestLimits {
  readonly maxFiles: number;
  /** Of all files together. */
  readonly maxTotalBytes: number;
}

export const defaultDirectoryLimits: DirectoryLimits = {
  ...defaultManifestLimits,
  maxFiles: 200_000,
  maxTotalBytes: 512 * 1024 * 1024,
};

/** What changed together. */
export interface SourceBatch {
  readonly set: readonly SourceObject[];
  readonly removed: readonly ObjectKey[];
  /** Texts of files that can be read whole and are new or different; undefined for files that are gone. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** All findings of the source as they are now. */
  readonly findings: readonly Finding[];
  /** Every root was listed once: what is not known now is not there. */
  readonly complete: boolean;
}

export interface DirectorySource {
  /** Reads everything once and hands out the first batch; then goes on by itself. */
  readonly start: () => Promise<void>;
  /** Looks at everything again now. */
  readonly rescan: () => Promise<void>;
  /** Where a field of an object in force stands, or its nearest ancestor that is there; the path as in an Origin. */
  readonly locate: (key: ObjectKey, path: string) => Place | undefined;
  /** Stops watching; a scan under way ends first. */
  readonly close: () => Promise<void>;
}

export interface DirectorySourceOptions {
  /** Paths as the user gave them: findings show them so. */
  readonly roots: readonly string[];
  readonly recognise: Recognise;
  readonly consume: (batch: SourceBatch) => void;
  /** The text of a file that an earlier run could read last: in force while the file cannot be read. Default: none. */
  readonly lastGood?: (path: string) => string | undefined;
  readonly limits?: DirectoryLimits;
}

/** No event for this long ends a burst … */
const quiet = Temporal.Duration.from({ milliseconds: 20 });
/** … and a burst that does not end is taken as one after this long. */
const maxDelayMs = 200;
/** All is looked at again this often, for what watching misses: links to files elsewhere, network file systems. */
const rescanEvery = Temporal.Duration.from({ seconds: 30 });
/** A root that is not there cannot be watched. */
const rescanSoon = Temporal.Duration.from({ seconds: 1 });
/** Work without a pause for others. */
const sliceMs = 8;
const pauseLength = Temporal.Duration.from({ milliseconds: 0 });

interface Deps {
  readonly files: Files;
  readonly clock: Clock;
}

/** Creates a source that does nothing until it is started. */
export function createDirectorySource(
  deps: Deps,
  options: DirectorySourceOptions,
): DirectorySource {
  return new Source(deps, options);
}

class Source implements DirectorySource {
  readonly #deps: Deps;
  readonly #options: DirectorySourceOptions;
  readonly #limits: DirectoryLimits;
  readonly #locator: Locator;
  readonly #world: World;
  readonly #tree: DirectoryTree;
  /** By directory: what it was when watching began, and how to stop. */
  readonly #watches = new Map<string, { readonly identity: string; readonly stop: () => void }>();
  readonly #watchFailures = new Map<string, string>();
  readonly #changed = new Set<string>();
  #complete = false;
  #shown = "";
  #scanning: Promise<void> | undefined;
  #burstStartMs: number | undefined;
  #cancelBurst = (): void => undefined;
  #cancelRescan = (): void => undefined;
  #sliceStartMs = 0;
  #closed = false;

  constructor(deps: Deps, options: DirectorySourceOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#limits = options.limits ?? defaultDirectoryLimits;
    this.#locator = createLocator(this.#limits);
    this.#world = new World(this.#locator);
    const roots = options.roots.map(normaliseRoot);
    this.#tree = new DirectoryTree(deps.files, roots, (directory, identity) =>
      this.#watch(directory, identity),
    );
  }

  readonly start = async (): Promise<void> => {
    await this.rescan();
  };

  readonly locate = (key: ObjectKey, path: string): Place | undefined =>
    this.#world.locate(key, path);

  readonly rescan = async (): Promise<void> => {
    // What was asked for during a scan is not answered by that scan.
    while (this.#scanning !== undefined) await this.#scanning;
    if (this.#closed) return;
    this.#tree.forget();
    await this.#scan();
  };

  readonly close = async (): Promise<void> => {
    this.#closed = true;
    this.#cancelBurst();
    this.#cancelRescan();
    for (const { stop } of this.#watches.values()) stop();
    this.#watches.clear();
    await this.#scanning;
  };

  #watch(directory: string, identity: string): void {
    const before = this.#watches.get(directory);
    if (this.#closed || before?.identity === identity) return;
    before?.stop();
    this.#watchFailures.delete(directory);
    const ended = (error: Error): void => {
      this.#watchFailures.set(directory, error.message);
      // It may have ended because the directory did: have a look, but not at once again and again.
      if (this.#watches.has(directory)) this.#scheduleRescan(rescanSoon);
      this.#unwatch(directory);
    };
    const stop = this.#deps.files.watch(directory, () => this.#noteChange(directory), ended);
    if (this.#watchFailures.has(directory)) stop();
    else this.#watches.set(directory, { identity, stop });
  }

  #unwatch(directory: string): void {
    this.#watches.get(directory)?.stop();
    this.#watches.delete(directory);
  }

  #noteChange(directory: string): void {
    if (this.#closed) return;
    this.#changed.add(directory);
    if (this.#scanning === undefined) this.#awaitQuiet();
  }

  /** Sets the timer that ends the burst of changes. */
  #awaitQuiet(): void {
    const { clock } = this.#deps;
    const now = clock.monotonicMs();
    this.#burstStartMs ??= now;
    const left = Math.max(this.#burstStartMs + maxDelayMs - now, 0);
    const delay = Math.min(quiet.total("milliseconds"), left);
    this.#cancelBurst();
    this.#cancelBurst = clock.after(
      Temporal.Duration.from({ milliseconds: Math.ceil(delay) }),
      () => {
        crashOnFailure(this.#scan());
      },
    );
  }

  #scheduleRescan(delay: Temporal.Duration): void {
    this.#cancelRescan();
    if (this.#closed) return;
    this.#cancelRescan = this.#deps.clock.after(delay, () => {
      crashOnFailure(this.rescan());
    });
  }

  async #scan(): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#scanning = done.promise;
    this.#burstStartMs = undefined;
    this.#cancelBurst();
    try {
      for (const directory of this.#changed) this.#tree.forget(directory);
      this.#changed.clear();
      await this.#bringUpToDate();
    } finally {
      this.#scanning = undefined;
      done.resolve();
    }
    if (this.#changed.size > 0) this.#awaitQuiet();
  }

  async #bringUpToDate(): Promise<void> {
    this.#sliceStartMs = this.#deps.clock.monotonicMs();
    const walk = await this.#tree.walk();
    for (const directory of [...this.#watches.keys()]) {
      if (!walk.directories.has(directory)) this.#unwatch(directory);
    }
    const { changes, findings } = await this.#readChanges(walk);
    if (this.#closed) return;
    const change = this.#world.update(changes);
    const completed = !this.#complete && walk.missingRoots.length === 0;
    this.#complete ||= completed;
    const all = [
      ...walk.findings,
      ...findings,
      ...this.#watchFindings(),
      ...this.#world.findings(),
    ];
    this.#scheduleRescan(walk.missingRoots.length > 0 ? rescanSoon : rescanEvery);
    const shown = JSON.stringify(all);
    const silent = change.set.length === 0 && change.removed.length === 0 && shown === this.#shown;
    if (silent && !completed) return;
    this.#shown = shown;
    const texts = textsOf(changes);
    this.#options.consume({ ...change, texts, findings: all, complete: this.#complete });
  }

  async #readChanges(walk: Walk): Promise<{
    readonly changes: ReadonlyMap<string, FileRecord | undefined>;
    readonly findings: readonly Finding[];
  }> {
    const changes = new Map<string, FileRecord | undefined>();
    const allowed = this.#withinLimits(walk.files);
    const present = new Set(walk.files.map(({ path }) => path));
    for (const path of this.#world.records.keys()) {
      if (!present.has(path) && !isBelow(path, walk.unknown)) changes.set(path, undefined);
    }
    for (const found of allowed.files) {
      if (this.#closed) break;
      const before = this.#world.records.get(found.path);
      if (before?.status !== undefined && isSameVersion(before.status, found.status)) continue;
      const record = await readRecord(this.#reader(), found, before);
      if (record !== undefined || before !== undefined) changes.set(found.path, record);
      await this.#pause();
    }
    return { changes, findings: allowed.findings };
  }

  #reader(): Parameters<typeof readRecord>[0] {
    return {
      files: this.#deps.files,
      limits: this.#limits,
      recognise: this.#options.recognise,
      locator: this.#locator,
      lastGood: this.#options.lastGood ?? (() => undefined),
      pause: () => this.#pause(),
    };
  }

  async #pause(): Promise<void> {
    const { clock } = this.#deps;
    if (clock.monotonicMs() - this.#sliceStartMs < sliceMs) return;
    await clock.sleep(pauseLength);
    this.#sliceStartMs = clock.monotonicMs();
  }

  /** Files beyond the limits are not read; what they gave before stays. */
  #withinLimits(files: readonly FoundFile[]): {
    readonly files: readonly FoundFile[];
    readonly findings: readonly Finding[];
  } {
    const { maxFiles, maxTotalBytes } = this.#limits;
    let bytes = 0;
    const end = files.findIndex(({ status }, index) => {
      bytes += Math.min(status.bytes, this.#limits.maxFileBytes);
      return index >= maxFiles || bytes > maxTotalBytes;
    });
    const first = files[end];
    if (first === undefined) return { files, findings: [] };
    const tooMany = end >= maxFiles;
    const limit = tooMany ? `${maxFiles} files` : `${maxTotalBytes} bytes`;
    const finding = fileFinding(first.path, {
      reason: tooMany ? "TooManyFiles" : "TooManyBytes",
      message: `More than ${limit} were found: this file and the ${files.length - end - 1} after it are not read.`,
      advice: "Serve fewer files, or remove those that are no manifests.",
    });
    return { files: files.slice(0, end), findings: [finding] };
  }

  #watchFindings(): readonly Finding[] {
    return [...this.#watchFailures]
      .filter(([directory]) => !this.#watches.has(directory))
      .map(([directory, message]) =>
        fileFinding(directory, {
          severity: "warning",
          reason: "NotWatched",
          message: `Changes in this directory are noticed only every ${rescanEvery.seconds} seconds (${message}).`,
          advice: "Raise the limit of watches (sysctl fs.inotify.max_user_watches).",
        }),
      );
  }
}

function textsOf(
  changes: ReadonlyMap<string, FileRecord | undefined>,
): ReadonlyMap<string, string | undefined> {
  const good = [...changes].filter(
    ([, record]) => record === undefined || record.text !== undefined,
  );
  return new Map(good.map(([path, record]) => [path, record?.text]));
}

/** As paths below it begin: `./examples/` is `examples`. */
function normaliseRoot(root: string): string {
  return normalize(root).replace(/(?<=.)\/+$/, "");
}

/** True for one of the places and for everything below them. */
function isBelow(path: string, places: ReadonlySet<string>): boolean {
  if (places.has(path)) return true;
  const parent = dirname(path);
  return parent !== path && isBelow(parent, places);
}

/** What a scan throws is a bug of ours: it must not be lost. */
function crashOnFailure(work: Promise<void>): void {
  work.catch((error: unknown) => {
    queueMicrotask(() => {
      throw error;
    });
  });
}
