/** Structured logging: a fixed sentence plus fields (names in `log-fields.ts`). Secrets are never fields. */

import type { Json } from "#base/json.ts";
import type { logFields } from "./log-fields.ts";

/** A field that is not listed does not compile, so one thing has one name in every line. */
export type LogFields = { readonly [Name in keyof typeof logFields]?: Json | undefined };

export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
  /** A log that adds `fields` to every line. */
  readonly with: (fields: LogFields) => Log;
}
