/** The embedded object store: everything in memory, every acknowledged write in one SQLite file. */

import type { ObjectKey } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Random } from "#runtime/random.ts";
import { type ObjectStore, StoreError } from "../object-store.ts";
import type { Sealer } from "../sealer.ts";
import { openDatabase } from "./database.ts";
import type { FileBatch } from "./file-batch.ts";
import { FileTexts } from "./file-texts.ts";
import { SharedWrites } from "./shared-writes.ts";
import { databaseName } from "./store-copy.ts";
import { StoreCore } from "./store-core.ts";
import { Wiping } from "./wiping.ts";

export interface EmbeddedStoreDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
}

export interface EmbeddedStoreSettings {
  /** Absolute; made with mode 0700. */
  readonly directory: string;
  /** Encrypts the values of Secrets; absent: they lie there in the clear, readable by the owner alone. */
  readonly sealer?: Sealer;
  /** Reads and watches show writes only after {@link EmbeddedStore.settle}: what a controller must bear of an API server. */
  readonly lag?: boolean;
}

export interface EmbeddedStore extends ObjectStore {
  /** Takes what files hold; one creation stamp for the batch. Returns those keys of the batch that a stored object has as well: the file's is in force. */
  readonly replaceFiles: (batch: FileBatch) => Promise<readonly ObjectKey[]>;
  /** The text of a file as {@link replaceFiles} was given it last, in this run or an earlier one. */
  readonly fileText: (path: string) => string | undefined;
  /** With `lag`: shows everything written so far. */
  readonly settle: () => void;
  readonly close: () => Promise<void>;
}

/** Opens the store; throws StoreError `locked` when another process has it, `unavailable` when it cannot be used. */
export async function openEmbeddedStore(
  deps: EmbeddedStoreDeps,
  settings: EmbeddedStoreSettings,
): Promise<EmbeddedStore> {
  await deps.files.makeDirectory(settings.directory, 0o700);
  const lock = await deps.files.lock(`${settings.directory}/lock`);
  if (lock === undefined) {
    throw new StoreError("locked", `${settings.directory} is in use by another sekisho`);
  }
  try {
    const file = `${settings.directory}/${databaseName}`;
    // Made here for its mode: SQLite gives its log files the mode of the database.
    if ((await deps.files.status(file)) === undefined) await deps.files.replace(file, "", 0o600);
    const database = openDatabase(file);
    const core = new StoreCore(deps, settings, database);
    const texts = new FileTexts(database, settings.sealer);
    return storeOf({ core, texts, clock: deps.clock }, async () => {
      core.close();
      await lock.release();
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Parts {
  readonly core: StoreCore;
  readonly texts: FileTexts;
  readonly clock: Clock;
}

function storeOf({ core, texts, clock }: Parts, close: () => Promise<void>): EmbeddedStore {
  const wiping = new Wiping(clock, core);
  const writes = new SharedWrites(clock, (waiting) => {
    const outcomes = core.transact(waiting);
    wiping.look();
    return outcomes;
  });
  return {
    get: async (key) => core.get(key),
    list: async (kind, namespace) => core.list(kind, namespace),
    watch: (from, signal) => core.watch(from, signal),
    create: (draft) => writes.add(() => core.create(draft)),
    replace: (key, draft, resourceVersion) =>
      writes.add(() => core.replace(key, draft, resourceVersion)),
    apply: (draft) => writes.add(() => core.apply(draft)),
    replaceStatus: (key, status, resourceVersion) =>
      writes.add(() => core.replaceStatus(key, status, resourceVersion)),
    remove: (key, preconditions) => writes.add(() => core.remove(key, preconditions ?? {})),
    replaceFiles: async (batch) => {
      const hidden = await writes.add(() => core.replaceFiles(batch));
      texts.put(batch.texts ?? new Map());
      return hidden;
    },
    fileText: (path) => texts.get(path),
    settle: () => core.settle(),
    close: async () => {
      writes.finish();
      wiping.stop();
      await close();
    },
  };
}
