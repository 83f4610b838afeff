/** Reads the access log of a running Envoy. */

import { on } from "node:events";
import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from "node:fs";
import type { AccessRecord } from "#envoy/access-record.ts";
import { parseAccessRecord } from "#envoy/access-record.ts";

/** What stands in a record for the request or connection that it is about: its User-Agent, else the client's address. */
export function nameOfRecord({ method, userAgent, client }: AccessRecord): string | undefined {
  return method === undefined ? client : userAgent;
}

/** A log that is read as it grows. */
export class AccessLogReader {
  readonly #path: string;
  #offset = 0;
  #rest = "";
  #records = new Map<string, AccessRecord>();

  constructor(path: string) {
    this.#path = path;
  }

  /** The records since the last call, by name, once there is one for each of `names`. Envoy writes them a little late. */
  async take(names: readonly string[]): Promise<ReadonlyMap<string, AccessRecord>> {
    using watcher = closing(watch(this.#path));
    const changes = on(watcher, "change", { signal: AbortSignal.timeout(30_000) });
    for (;;) {
      this.#readOn();
      const missing = names.filter((name) => !this.#records.has(name));
      if (missing.length === 0) break;
      try {
        await changes.next();
      } catch (cause) {
        throw new Error(`the access log has no line for ${missing.join(", ")}`, { cause });
      }
    }
    const records = this.#records;
    this.#records = new Map();
    return records;
  }

  #readOn(): void {
    const text = this.#rest + this.#newText();
    const end = text.lastIndexOf("\n") + 1;
    this.#rest = text.slice(end);
    for (const line of text.slice(0, end).split("\n").filter(Boolean)) {
      const record = parseAccessRecord(line);
      if (!record.ok) throw new Error(`access log line ${line}: ${record.error}`);
      const name = nameOfRecord(record.value);
      if (name !== undefined) this.#records.set(name, record.value);
    }
  }

  /** What is written here is ASCII: a character is never cut in two. */
  #newText(): string {
    const file = openSync(this.#path, "r");
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#offset);
      this.#offset += readSync(file, bytes, 0, bytes.length, this.#offset);
      return bytes.toString("latin1");
    } finally {
      closeSync(file);
    }
  }
}

function closing(watcher: FSWatcher): FSWatcher & Disposable {
  return Object.assign(watcher, { [Symbol.dispose]: () => watcher.close() });
}
