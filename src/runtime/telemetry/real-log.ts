/** Log lines as JSON, by pino, to standard error or a file. */

import type { Logger } from "pino";
import type { Log } from "./log.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
  /** The least severe lines that are written. */
  readonly level: LogLevel;
  /** A file to append to (made with 0600); standard error when absent. */
  readonly file?: string;
}

/** A {@link Log} that writes each line before it returns. pino is loaded here: programs without a log do not pay for it. */
export async function createLog(options: LogOptions): Promise<Log> {
  // By its default: of CommonJS that is loaded late nothing else is there in the bundle.
  const { default: exported } = await import("pino");
  const { pino } = exported;
  const destination =
    options.file === undefined
      ? pino.destination({ dest: 2, sync: true })
      : pino.destination({ dest: options.file, sync: true, append: true, mode: 0o600 });
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(settings, destination));
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    with: (fields) => wrap(logger.child(fields)),
  };
}
