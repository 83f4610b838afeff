/** Listening for HTTP/2, injected: on a Unix socket, or on TCP with mutual TLS. */

import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

export type Http2Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

export type Http2Address =
  /** A Unix socket that only this user may use (mode 0600); a stale one is replaced. */
  | { readonly kind: "unix"; readonly path: string }
  /** TLS 1.3 in which the client must show a certificate of `clientCa`. Port 0 takes a free one. */
  | {
      readonly kind: "tls";
      readonly host: string;
      readonly port: number;
      readonly identity: TlsIdentity;
    };

/** PEM texts. */
export interface TlsIdentity {
  readonly certificateChain: string;
  readonly privateKey: string;
  readonly clientCa: string;
}

export interface Http2Listener {
  /** The port taken; undefined on a Unix socket. */
  readonly port: number | undefined;
  /** Uses another certificate from the next handshake on; does nothing on a Unix socket. */
  readonly replaceIdentity: (identity: TlsIdentity) => void;
  /** Stops listening and ends the connections. */
  readonly close: () => Promise<void>;
}

export interface Http2Server {
  /** Listens until closed; throws Http2ServerError. */
  readonly listen: (address: Http2Address, handler: Http2Handler) => Promise<Http2Listener>;
}

export type Http2ServerErrorCode = "in-use" | "denied" | "path-too-long" | "other";

export class Http2ServerError extends Error {
  readonly code: Http2ServerErrorCode;
  readonly retryable = false;
  constructor(code: Http2ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Http2ServerError";
    this.code = code;
  }
}
