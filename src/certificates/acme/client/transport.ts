/** How ACME servers are reached: one request, one bounded answer. */

export interface AcmeRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AcmeAnswer {
  readonly status: number;
  /** Names in lower case; several of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Throws AcmeError `unreachable`. Redirects are not followed. */
export type AcmeTransport = (request: AcmeRequest, signal: AbortSignal) => Promise<AcmeAnswer>;
