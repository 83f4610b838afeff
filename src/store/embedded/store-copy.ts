/** A copy of a store's database as it stands at one moment, also while a gate writes to it. */

import { DatabaseSync } from "node:sqlite";
import type { Files } from "#runtime/files.ts";
import { StoreError } from "../object-store.ts";

/** The name of the database in a data directory. */
export const databaseName = "store.db";

/**
 * Writes the copy: one file that only its owner can read, whole or not at all. What is damaged is not copied. Throws StoreError
 * `unavailable`.
 */
export async function copyDatabase(files: Files, from: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  // Made here for its mode: SQLite fills an empty file.
  await files.replace(partial, "", 0o600);
  try {
    writeCopy(from, partial);
    await files.rename(partial, to);
  } finally {
    await files.remove(partial);
  }
}

function writeCopy(from: string, to: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(from, { readOnly: true });
    const verdict = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
    if (verdict !== "ok") throw new Error(`it is damaged: ${String(verdict)}`);
    database.prepare("VACUUM INTO ?").run(to);
  } catch (error) {
    throw uncopied(from, error);
  } finally {
    database?.close();
  }
}

function uncopied(file: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : "unknown";
  return new StoreError("unavailable", `${file} cannot be copied: ${reason}`, { cause });
}
