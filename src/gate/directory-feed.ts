/** Files → store: every batch of the directory source is written before the next is taken. */

import type { Finding } from "#base/finding.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Log } from "#runtime/log.ts";
import { errorText, logFields } from "#runtime/log-fields.ts";
import {
  createDirectorySource,
  type DirectorySource,
  type SourceBatch,
} from "#sources/directory/directory-source.ts";
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

/** Feeds the manifests below `roots` into the store from {@link DirectorySource.start} on. */
export function createDirectoryFeed(
  deps: DirectoryFeedDeps,
  roots: readonly string[],
): DirectoryFeed {
  const complete = Promise.withResolvers<void>();
  const shadowed = new Map<string, Finding>();
  let writing = Promise.resolve();
  const write = async (batch: SourceBatch): Promise<void> => {
    const set = batch.set.map(({ draft }) => draft);
    const hidden = await deps.store.replaceFiles({
      set,
      removed: batch.removed,
      complete: batch.complete,
    });
    for (const { kind, namespace, name } of batch.removed)
      shadowed.delete(`${kind}/${namespace}/${name}`);
    for (const { kind, namespace, name } of hidden) {
      shadowed.set(`${kind}/${namespace}/${name}`, {
        severity: "warning",
        reason: "StoredObjectShadowed",
        origin: { kind, namespace, name, path: "" },
        message: "an object of this name is stored as well; the file's is in force",
        advice:
          "delete the stored one by removing the file's for a moment, or rename one of the two",
      });
    }
    deps.changed([...batch.findings, ...shadowed.values()]);
    if (batch.complete) complete.resolve();
  };
  const source = createDirectorySource(deps, {
    roots,
    recognise: recogniseManifest,
    consume: (batch) => {
      writing = writing
        .then(() => write(batch))
        .catch((error: unknown) => {
          deps.log.error("a batch of files was not stored", {
            [logFields.error]: errorText(error),
          });
          complete.reject(error);
        });
    },
  });
  return {
    source,
    complete: complete.promise,
    close: async () => {
      await source.close();
      await writing;
    },
  };
}
