/** The texts of files as they could be read last, sealed when there is a key: they may hold Secrets. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Sealer } from "../sealer.ts";
import { inTransaction } from "./database.ts";

export class FileTexts {
  readonly #database: DatabaseSync;
  readonly #sealer: Sealer | undefined;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #get: StatementSync;

  constructor(database: DatabaseSync, sealer: Sealer | undefined) {
    this.#database = database;
    this.#sealer = sealer;
    this.#put = database.prepare(
      "INSERT INTO file_texts (path, content, key_id) VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET content = excluded.content, key_id = excluded.key_id",
    );
    this.#drop = database.prepare("DELETE FROM file_texts WHERE path = ?");
    this.#get = database.prepare("SELECT content, key_id FROM file_texts WHERE path = ?");
    if (sealer !== undefined) this.#sealPlain();
  }

  /** What was written before there was a key. */
  #sealPlain(): void {
    const rows = this.#database
      .prepare("SELECT path, content FROM file_texts WHERE key_id = ''")
      .all();
    for (const { path, content } of rows) this.#putOne(`${path}`, content as Uint8Array);
  }

  /** Takes texts by path; undefined forgets one. */
  put(texts: ReadonlyMap<string, string | undefined>): void {
    if (texts.size === 0) return;
    inTransaction(this.#database, () => {
      for (const [path, text] of texts) {
        if (text === undefined) this.#drop.run(path);
        else this.#putOne(path, Buffer.from(text));
      }
    });
  }

  /** Undefined also when it is sealed under another key: then the file alone counts. */
  get(path: string): string | undefined {
    const row = this.#get.get(path);
    if (row === undefined) return undefined;
    const content = row["content"] as Uint8Array;
    const plain = row["key_id"] === "" ? content : this.#open(content, path, `${row["key_id"]}`);
    return plain === undefined ? undefined : Buffer.from(plain).toString("utf8");
  }

  #putOne(path: string, plain: Uint8Array): void {
    const sealed = this.#sealer?.seal(plain, `file ${path}`);
    this.#put.run(path, sealed ?? plain, sealed === undefined ? "" : (this.#sealer?.keyId ?? ""));
  }

  #open(content: Uint8Array, path: string, keyId: string): Uint8Array | undefined {
    return this.#sealer?.keyId === keyId ? this.#sealer.open(content, `file ${path}`) : undefined;
  }
}
