/** A log that nobody reads. */

import type { Log } from "#runtime/telemetry/log.ts";

const drop = (): void => undefined;

export const silentLog: Log = {
  debug: drop,
  info: drop,
  warn: drop,
  error: drop,
  with: () => silentLog,
};
