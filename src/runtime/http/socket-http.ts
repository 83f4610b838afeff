/** HTTP over a Unix socket, injected: how a program's administration interface is asked. */

export interface SocketRequest {
  readonly socket: string;
  readonly method: "GET" | "POST";
  /** With query, as it goes on the request line. */
  readonly path: string;
  readonly timeout: Temporal.Duration;
}

export interface SocketResponse {
  readonly status: number;
  /** Decoded as UTF-8; at most 64 MiB. */
  readonly body: string;
}

export interface SocketHttp {
  /** One request on a connection of its own; throws SocketHttpError. */
  readonly request: (request: SocketRequest, signal?: AbortSignal) => Promise<SocketResponse>;
}

export type SocketHttpErrorCode = "absent" | "refused" | "timeout" | "aborted" | "other";

export class SocketHttpError extends Error {
  readonly code: SocketHttpErrorCode;
  readonly retryable = true;
  constructor(code: SocketHttpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SocketHttpError";
    this.code = code;
  }
}
