/** Asking others over the network, injected: the two questions of health probes. */

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly scheme: "HTTP" | "HTTPS";
  readonly path: string;
  /** In the order given; a `Host` among them replaces the one of the target. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface Network {
  /** Opens a TCP connection and closes it; throws NetworkError. */
  readonly connect: (
    target: { readonly host: string; readonly port: number },
    timeout: Temporal.Duration,
    signal?: AbortSignal,
  ) => Promise<void>;
  /** The status of a GET; redirects are not followed, certificates not verified, as for probes. Throws NetworkError. */
  readonly getStatus: (
    target: HttpTarget,
    timeout: Temporal.Duration,
    signal?: AbortSignal,
  ) => Promise<number>;
}

export type NetworkErrorCode = "refused" | "timeout" | "reset" | "aborted" | "other";

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;
  readonly retryable = true;
  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NetworkError";
    this.code = code;
  }
}
