/** A stream of bytes into the JSON values of its lines; what a read brought comes as one list. */

import type { Json } from "#base/json.ts";
import { StoreError } from "../object-store.ts";

/** Twice what an API server takes for one object, managed fields and escapes included. */
const maxLineBytes = 8 * 1024 * 1024;
const newline = 0x0a;

/**
 * What stands before a line that is no JSON, or too long, is given out, then StoreError `unavailable` is thrown. A last
 * line without its end is left out: it was cut off.
 */
export async function* readJsonLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Json[]> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    const values: Json[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      pending.push(chunk.subarray(from, end));
      const line = Buffer.concat(pending).toString("utf8");
      pending = [];
      pendingBytes = 0;
      from = end + 1;
      if (line.trim() === "") continue;
      const value = parseQuietly(line);
      if (value === undefined) {
        if (values.length > 0) yield values;
        throw new StoreError("unavailable", "a line of the watch is no JSON");
      }
      values.push(value);
    }
    if (values.length > 0) yield values;
    if (from < chunk.length) {
      pending.push(chunk.subarray(from));
      pendingBytes += chunk.length - from;
    }
    if (pendingBytes > maxLineBytes)
      throw new StoreError("unavailable", "a line of the watch is longer than 8 MiB");
  }
}

function parseQuietly(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    // The parser's message quotes the line, which may hold a key.
    return undefined;
  }
}
