/** The rows of the embedded store, typed; Secrets are sealed when there is a key. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Json } from "#base/json.ts";
import { SharedTexts } from "#base/shared-texts.ts";
import { type KubeObject, parseKey } from "#kinds/object.ts";
import { type Draft, StoreError } from "../object-store.ts";
import type { Sealer } from "../sealer.ts";
import { doesRest } from "./resting-objects.ts";

export interface StoredRow {
  readonly object: KubeObject;
  /** What `apply` was given last. */
  readonly applied?: Draft;
  /** A Secret that we issued into: it is in force although a file holds one of the same name. */
  readonly beatsFile?: true;
}

/** What we gave to and added to an object of a file. */
export interface Identity {
  readonly uid: string;
  readonly created: string;
  readonly generation: number;
  readonly bodyHash: string;
  readonly overlay: Overlay;
}

export interface Overlay {
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly status?: Json;
}

export const emptyOverlay: Overlay = { annotations: {}, finalizers: [] };

const isSecret = (key: string): boolean => key.startsWith("Secret/");

export class Rows {
  readonly #sealer: Sealer | undefined;
  readonly #database: DatabaseSync;
  readonly #getObject: StatementSync;
  readonly #putObject: StatementSync;
  readonly #dropObject: StatementSync;
  readonly #putIdentity: StatementSync;
  readonly #dropIdentity: StatementSync;
  readonly #putSetting: StatementSync;

  constructor(database: DatabaseSync, sealer: Sealer | undefined) {
    this.#database = database;
    this.#sealer = sealer;
    this.#getObject = database.prepare("SELECT key, content, key_id FROM objects WHERE key = ?");
    this.#putObject = database.prepare(
      "INSERT INTO objects (key, content, key_id) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET content = excluded.content, key_id = excluded.key_id",
    );
    this.#dropObject = database.prepare("DELETE FROM objects WHERE key = ?");
    this.#putIdentity = database.prepare(
      "INSERT INTO identities (key, uid, created, generation, body_hash, overlay) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET uid = excluded.uid, created = excluded.created, generation = excluded.generation, body_hash = excluded.body_hash, overlay = excluded.overlay",
    );
    this.#dropIdentity = database.prepare("DELETE FROM identities WHERE key = ?");
    this.#putSetting = database.prepare(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }

  /** All stored objects; throws StoreError `unavailable` when one is sealed under a key that is not given. */
  *objects(): Generator<readonly [string, StoredRow]> {
    const rows = this.#database.prepare("SELECT key, content, key_id FROM objects").iterate();
    // Events say the same of many objects.
    const texts = new SharedTexts();
    for (const row of rows) {
      const [key, stored] = this.#readObject(row);
      texts.shareWithin(doesRest(parseKey(key).kind) ? stored.object.metadata : stored);
      yield [key, stored];
    }
  }

  object(key: string): KubeObject | undefined {
    const row = this.#getObject.get(key);
    return row === undefined ? undefined : this.#readObject(row)[1].object;
  }

  /** Keys of Secrets that lie there in the clear. */
  plainSecrets(): readonly string[] {
    const rows = this.#database
      .prepare("SELECT key FROM objects WHERE key_id = '' AND key LIKE 'Secret/%'")
      .all();
    return rows.map((row) => String(row["key"]));
  }

  putObject(key: string, row: StoredRow): void {
    const seals = this.#sealer !== undefined && isSecret(key);
    const plain = Buffer.from(JSON.stringify(row));
    const content = seals ? this.#sealer.seal(plain, key) : plain;
    this.#putObject.run(key, content, seals ? this.#sealer.keyId : "");
  }

  dropObject(key: string): void {
    this.#dropObject.run(key);
  }

  identities(): ReadonlyMap<string, Identity> {
    const rows = this.#database
      .prepare("SELECT key, uid, created, generation, body_hash, overlay FROM identities")
      .all();
    return new Map(
      rows.map((row) => [
        String(row["key"]),
        {
          uid: String(row["uid"]),
          created: String(row["created"]),
          generation: Number(row["generation"]),
          bodyHash: String(row["body_hash"]),
          overlay: JSON.parse(String(row["overlay"])) as Overlay,
        },
      ]),
    );
  }

  putIdentity(key: string, { uid, created, generation, bodyHash, overlay }: Identity): void {
    this.#putIdentity.run(key, uid, created, generation, bodyHash, JSON.stringify(overlay));
  }

  dropIdentity(key: string): void {
    this.#dropIdentity.run(key);
  }

  revision(): number {
    const row = this.#database.prepare("SELECT value FROM settings WHERE name = 'revision'").get();
    return row === undefined ? 0 : Number(row["value"]);
  }

  putRevision(revision: number): void {
    this.#putSetting.run("revision", `${revision}`);
  }

  #readObject(row: Readonly<Record<string, unknown>>): readonly [string, StoredRow] {
    const key = String(row["key"]);
    const plain = this.#unseal(key, String(row["key_id"]), row["content"] as Uint8Array);
    return [key, JSON.parse(Buffer.from(plain).toString("utf8")) as StoredRow];
  }

  #unseal(key: string, keyId: string, content: Uint8Array): Uint8Array {
    if (keyId === "") return content;
    const plain = this.#sealer?.keyId === keyId ? this.#sealer.open(content, key) : undefined;
    if (plain !== undefined) return plain;
    const reason = this.#sealer === undefined ? "no key is given" : "the key given is another one";
    throw new StoreError(
      "unavailable",
      `Secrets in the store are encrypted and ${reason}; give the key that was used before`,
    );
  }
}
