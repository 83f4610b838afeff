/** Small pages over HTTP/1.1, injected: what machines read from a running program, as its metrics. */

export interface PageRequest {
  /** In upper case, as it came. */
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out of the answer to a HEAD. */
  readonly body: Uint8Array;
}

export interface PageAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface PageListener {
  readonly port: number;
  /** Stops listening and ends the connections. */
  readonly close: () => Promise<void>;
}

export interface PageServer {
  /**
   * Listens until closed; throws PageServerError. Few connections at once, short waits, no request body: nothing that a
   * client does or leaves undone holds more than that.
   */
  readonly listen: (
    address: PageAddress,
    answer: (request: PageRequest) => Promise<Page>,
  ) => Promise<PageListener>;
}

export type PageServerErrorCode = "in-use" | "denied" | "other";

export class PageServerError extends Error {
  readonly code: PageServerErrorCode;
  readonly retryable = false;
  constructor(code: PageServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PageServerError";
    this.code = code;
  }
}
