/** Single questions over HTTP/2 with mutual TLS, injected: how one replica asks another. */

import type { TlsIdentity } from "./http2-server.ts";

export interface Http2Question {
  readonly host: string;
  readonly port: number;
  /** Whom the certificate of the other must name. */
  readonly serverName: string;
  /** What we show, and what the other is judged by. */
  readonly identity: TlsIdentity;
  readonly path: string;
  readonly body: string;
}

export interface Http2Answer {
  readonly status: number;
  readonly body: string;
}

export interface Http2Client {
  /** Sends the body by POST, over a connection of its own. Throws Http2ClientError. */
  readonly ask: (question: Http2Question, signal: AbortSignal) => Promise<Http2Answer>;
}

export type Http2ClientErrorCode = "aborted" | "unreachable" | "too-large";

export class Http2ClientError extends Error {
  readonly code: Http2ClientErrorCode;
  readonly retryable = true;
  constructor(code: Http2ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Http2ClientError";
    this.code = code;
  }
}
