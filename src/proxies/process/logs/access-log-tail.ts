/** Follows Envoy's access log and hands on typed records. */

import type { AccessRecord } from "#envoy/access-record.ts";
import { parseAccessRecord } from "#envoy/access-record.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { TailSettings } from "./tail.ts";
import { followLog } from "./tail.ts";

/** Until `signal` is aborted; a line that is no record (torn by a crash) is logged and left out. */
export function followAccessLog(
  deps: { readonly clock: Clock; readonly files: Files; readonly log: Log },
  settings: TailSettings,
  onRecord: (record: AccessRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const onLine = (line: string): void => {
    if (line === "") return;
    const record = parseAccessRecord(line);
    if (record.ok) onRecord(record.value);
    else deps.log.debug("unreadable line in Envoy's access log", { error: record.error });
  };
  return followLog(deps, settings, onLine, signal);
}
