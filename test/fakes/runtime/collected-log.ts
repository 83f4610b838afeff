/** A log that keeps its lines for a test to look at. */

import type { Log, LogFields } from "#runtime/telemetry/log.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

export interface CollectedLog extends Log {
  /** Every line so far, oldest first, also of the logs made by `with`. */
  readonly lines: readonly LogLine[];
}

/** An empty {@link CollectedLog}. */
export function createCollectedLog(): CollectedLog {
  return collectInto([], {});
}

function collectInto(lines: LogLine[], always: LogFields): CollectedLog {
  const write =
    (level: LogLine["level"]): Log["info"] =>
    (message, fields) => {
      lines.push({ level, message, fields: { ...always, ...fields } });
    };
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => collectInto(lines, { ...always, ...fields }),
  };
}
