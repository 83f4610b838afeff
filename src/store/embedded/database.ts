/** The SQLite file of the embedded store: opened, checked, brought to the present schema. */

import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../object-store.ts";

/**
 * Each entry brings the schema one version further; entries are never changed, only added.
 *
 * `objects` holds stored objects whole. `identities` holds what we gave and added to objects of files: their body stays
 * in the file. `file_texts` holds each file as it could be read last, for a run that finds it broken.
 */
const migrations: readonly string[] = [
  `CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE objects (
     key TEXT PRIMARY KEY,
     content BLOB NOT NULL,
     key_id TEXT NOT NULL
   ) STRICT;
   CREATE TABLE identities (
     key TEXT PRIMARY KEY,
     uid TEXT NOT NULL,
     created TEXT NOT NULL,
     generation INTEGER NOT NULL,
     body_hash TEXT NOT NULL,
     overlay TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE file_texts (
     path TEXT PRIMARY KEY,
     content BLOB NOT NULL,
     key_id TEXT NOT NULL
   ) STRICT;`,
];

/** Opens the database `file`; throws StoreError `unavailable` with the reason. */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // FULL: what was acknowledged survives the loss of power. secure_delete: deleted secrets are overwritten.
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON",
    );
    checkIntegrity(database, file);
    migrate(database, file);
    // A run that was killed may have left values of Secrets there that are gone.
    emptyLog(database);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof StoreError) throw error;
    throw unusable(file, error instanceof Error ? error.message : "unknown", error);
  }
}

/** Brings all that the write-ahead log holds into the file, and cuts the log off. */
export function emptyLog(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Runs `act` as one transaction: all of it is durable when this returns, or none. */
export function inTransaction<T>(database: DatabaseSync, act: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = act();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function checkIntegrity(database: DatabaseSync, file: string): void {
  const row = database.prepare("PRAGMA quick_check(1)").get();
  const verdict = row === undefined ? "no answer" : Object.values(row)[0];
  if (verdict !== "ok") throw unusable(file, `it is damaged: ${verdict}`);
}

function migrate(database: DatabaseSync, file: string): void {
  const version = Number(
    Object.values(database.prepare("PRAGMA user_version").get() ?? { version: 0 })[0],
  );
  if (version > migrations.length) {
    throw unusable(
      file,
      `it was written by a newer version (schema ${version}, this one knows ${migrations.length})`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    inTransaction(database, () => {
      database.exec(migration);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

function unusable(file: string, reason: string, cause?: unknown): StoreError {
  return new StoreError("unavailable", `${file} cannot be used: ${reason}`, { cause });
}
