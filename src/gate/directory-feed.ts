/** Files → store: every batch of the directory source is written before the next is taken. */

import type { Finding } from "#base/finding.ts";
import { fileOrigin } from "#base/origin.ts";
import { formatKey, kindId, type ObjectKey } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import {
  createDirectorySource,
  type DirectorySource,
  type SourceBatch,
} from "#sources/directory/directory-source.ts";
import type { SourceObject } from "#sources/directory/source-object.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { recogniseManifest } from "./manifest-kinds.ts";

export interface DirectoryFeed {
  readonly source: DirectorySource;
  /** Resolves when the first complete batch is in the store. */
  readonly complete: Promise<void>;
  readonly close: () => Promise<void>;
}

export interface DirectoryFeedDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly store: EmbeddedStore;
  /** Takes the findings about files, and about stored objects that a file's takes the place of, when they may have changed. */
  readonly changed: (findings: readonly Finding[]) => void;
}

/** What could not be written is tried again after this long. */
const retryAfter = Temporal.Duration.from({ seconds: 5 });

/** Feeds the manifests below `roots` into the store from {@link DirectorySource.start} on. */
export function createDirectoryFeed(
  deps: DirectoryFeedDeps,
  roots: readonly string[],
): DirectoryFeed {
  const complete = Promise.withResolvers<void>();
  const shadowed = new Map<string, Finding>();
  let due: SourceBatch | undefined;
  let writing = Promise.resolve();
  let cancelRetry = (): void => undefined;
  const write = async (batch: SourceBatch): Promise<void> => {
    const hidden = await deps.store.replaceFiles({
      set: batch.set.map(({ draft }) => draft),
      removed: batch.removed,
      texts: batch.texts,
      complete: batch.complete,
    });
    for (const key of batch.removed) shadowed.delete(formatKey(key));
    for (const key of hidden) shadowed.set(formatKey(key), shadowedFinding(key));
    deps.changed([...batch.findings, ...shadowed.values()]);
    if (batch.complete) complete.resolve();
  };
  const writeDue = async (): Promise<void> => {
    const batch = due;
    if (batch === undefined) return;
    due = undefined;
    try {
      await write(batch);
    } catch (error) {
      const text = errorText(error);
      deps.log.error("a batch of files was not stored", { [logFields.error]: text });
      // At the start whoever waits decides; later the changes must not be lost.
      complete.reject(error);
      due = due === undefined ? batch : joined(batch, due);
      deps.changed([...batch.findings, ...shadowed.values(), notStoredFinding(roots, text)]);
      cancelRetry();
      cancelRetry = deps.clock.after(retryAfter, schedule);
    }
  };
  function schedule(): void {
    writing = writing.then(writeDue);
  }
  const source = createDirectorySource(deps, {
    roots,
    recognise: recogniseManifest,
    lastGood: (path) => deps.store.fileText(path),
    consume: (batch) => {
      due = due === undefined ? batch : joined(due, batch);
      schedule();
    },
  });
  return {
    source,
    complete: complete.promise,
    close: async () => {
      await source.close();
      cancelRetry();
      await writing;
    },
  };
}

function keyOf({ draft }: SourceObject): string {
  const { namespace, name } = draft.metadata;
  return formatKey({ kind: kindId(draft.apiVersion, draft.kind), namespace, name });
}

/** Two batches as one: of an object the later word counts. */
function joined(earlier: SourceBatch, later: SourceBatch): SourceBatch {
  const said = new Set([...later.set.map(keyOf), ...later.removed.map(formatKey)]);
  return {
    ...later,
    set: [...earlier.set.filter((object) => !said.has(keyOf(object))), ...later.set],
    removed: [...earlier.removed.filter((key) => !said.has(formatKey(key))), ...later.removed],
  };
}

function shadowedFinding({ kind, namespace, name }: ObjectKey): Finding {
  return {
    severity: "warning",
    reason: "StoredObjectShadowed",
    origin: { kind, namespace, name, path: "" },
    message: "an object of this name is stored as well; the file's is in force",
    advice: "delete the stored one by removing the file's for a moment, or rename one of the two",
  };
}

function notStoredFinding([root = ""]: readonly string[], problem: string): Finding {
  return {
    severity: "error",
    reason: "FilesNotStored",
    origin: fileOrigin(root),
    message: `the last changes of these files are not in force, because they could not be stored (${problem})`,
    advice: `make room on the disk that holds Sekisho's data; it is tried again every ${retryAfter.seconds} seconds`,
  };
}
