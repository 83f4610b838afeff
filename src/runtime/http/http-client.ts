/** HTTP to one server over TCP, injected: how an API server is asked. */

export interface HttpServerAddress {
  /** `https://host:port`; a path is put in front of every path asked for. */
  readonly url: string;
  /** The IP address to connect to; absent: what the host of the URL resolves to then. */
  readonly address?: string;
  /** PEM certificates that sign the server's; those of the system when absent. */
  readonly trusted?: string;
  /** Our own certificate and its key, PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string };
  /** Whom the server's certificate must name, when not the host of the URL. */
  readonly serverName?: string;
  /** Takes any certificate. Default false. */
  readonly unverified?: boolean;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With query, as it goes on the request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read to its end or left, which closes the connection. Throws HttpClientError. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /** Resolves with the head of the answer; `signal` ends the body, too. Throws HttpClientError. */
  readonly request: (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;
  /** Closes the connections that wait for a next request. */
  readonly closeIdle: () => void;
  /** Closes all connections; the client can still be used. */
  readonly close: () => void;
}

export interface HttpClients {
  /** A client whose connections are kept open for the next request. */
  readonly to: (server: HttpServerAddress) => HttpClient;
}

/** `refused` and `unreachable`: nothing was sent. */
export type HttpClientErrorCode =
  | "refused"
  | "unreachable"
  | "reset"
  | "untrusted"
  | "aborted"
  | "other";

export class HttpClientError extends Error {
  readonly code: HttpClientErrorCode;
  readonly retryable: boolean;
  constructor(code: HttpClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HttpClientError";
    this.code = code;
    this.retryable = code !== "untrusted";
  }
}
