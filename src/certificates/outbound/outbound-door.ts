/** The one way out for what users choose: addresses of certificate authorities, DNS servers and their APIs. */

import type { HttpRequest } from "#runtime/http/http-client.ts";

/** By what a server is verified. */
export interface OutboundTrust {
  /** PEM certificates that sign the server's; those of the system when absent. */
  readonly authorities?: string;
  /** Takes any certificate. Default false. */
  readonly unverified?: boolean;
}

export interface OutboundRequest {
  /** Absolute, `https:` or `http:`. */
  readonly url: string;
  readonly method: HttpRequest["method"];
  /** Default none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default: the certificates of the system. */
  readonly trust?: OutboundTrust;
  /** From the lookup of the name to the end of the body. Default 30 s. */
  readonly timeout?: Temporal.Duration;
  /** Longest body that is read. Default 1 MiB. */
  readonly maxBytes?: number;
  /** What becomes of an answer that leads elsewhere: it is an error, or the caller's to judge. Default `refused`. */
  readonly redirects?: "refused" | "given";
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface OutboundDoor {
  /** One request to an address that may be reached. Redirects are never followed. Throws OutboundError. */
  readonly request: (request: OutboundRequest, signal?: AbortSignal) => Promise<OutboundAnswer>;
  /**
   * The addresses of a host (a name, or an address in any form) that may be connected to, IPv4 first, at least one: connect to
   * these and not to the name, which may resolve to something else a moment later. Throws OutboundError.
   */
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
  /** Closes all connections. */
  readonly close: () => void;
}

export type OutboundErrorCode =
  /** The address may not be reached. */
  | "forbidden"
  | "unresolved"
  /** Nothing was sent. */
  | "unreachable"
  | "untrusted"
  /** The connection broke; what was sent may have had its effect. */
  | "broken"
  | "timeout"
  | "aborted"
  | "too-large"
  | "redirected"
  | "invalid-url";

const retryableCodes: ReadonlySet<OutboundErrorCode> = new Set([
  "unresolved",
  "unreachable",
  "broken",
  "timeout",
  "aborted",
]);

/** Why a request had no answer. Its message names the host and holds nothing of what the server sent. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  readonly retryable: boolean;
  constructor(code: OutboundErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OutboundError";
    this.code = code;
    this.retryable = retryableCodes.has(code);
  }
}
