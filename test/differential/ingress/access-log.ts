/** Reads the access log of a running Envoy. */

import { on } from "node:events";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import type { AccessRecord } from "#envoy/access-record.ts";
import { parseAccessRecord } from "#envoy/access-record.ts";

/** The records by User-Agent. Envoy writes some seconds late, so the file is watched until all are there. */
export async function readAccessLog(
  path: string,
  userAgents: readonly string[],
): Promise<ReadonlyMap<string, AccessRecord>> {
  using watcher = closing(watch(path));
  const changes = on(watcher, "change", { signal: AbortSignal.timeout(30_000) });
  for (;;) {
    const records = recordsIn(readFileSync(path, "utf8"));
    if (userAgents.every((userAgent) => records.has(userAgent))) return records;
    await changes.next();
  }
}

function closing(watcher: FSWatcher): FSWatcher & Disposable {
  return Object.assign(watcher, { [Symbol.dispose]: () => watcher.close() });
}

/** The last line may be half written. */
function recordsIn(text: string): ReadonlyMap<string, AccessRecord> {
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean);
  return new Map(
    lines.flatMap((line) => {
      const record = parseAccessRecord(line);
      if (!record.ok) throw new Error(`access log line ${line}: ${record.error}`);
      const { userAgent } = record.value;
      return userAgent === undefined ? [] : [[userAgent, record.value] as const];
    }),
  );
}
