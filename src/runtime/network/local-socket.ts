/** JSON calls over a Unix socket: how one `sekisho` command asks the running one. HTTP/1.1, so that curl can ask too. */

import type { Json } from "#base/json.ts";

export interface LocalCall {
  readonly method: string;
  readonly input: Json;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** Either one answer, or answers one after another. */
export type LocalAnswer =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  | { readonly kind: "stream"; readonly values: AsyncIterable<Json> };

export interface LocalSocket {
  /** Answers calls on `path` (mode 0600, a stale socket is replaced) until closed. */
  readonly serve: (
    path: string,
    answer: (call: LocalCall) => Promise<LocalAnswer>,
  ) => Promise<{ readonly close: () => Promise<void> }>;
  /** Asks; throws LocalSocketError. */
  readonly call: (path: string, method: string, input: Json, signal?: AbortSignal) => Promise<Json>;
  readonly stream: (
    path: string,
    method: string,
    input: Json,
    signal: AbortSignal,
  ) => AsyncIterable<Json>;
}

export class LocalSocketError extends Error {
  /** `unreachable` when nobody answers on the socket; else the code the other side gave. */
  readonly code: string;
  readonly retryable = false;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LocalSocketError";
    this.code = code;
  }
}
