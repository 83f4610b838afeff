/** What can go wrong when an ACME server is asked. */

import type { Problem } from "./problem.ts";

export type AcmeErrorCode =
  /** No connection, or an answer that it is down. */
  | "unreachable"
  /** Too many requests (RFC 8555 §6.6). */
  | "rate-limited"
  /** It does not want what was asked; asking again helps nothing. */
  | "refused"
  /** It answered what cannot be read. */
  | "unreadable";

export class AcmeError extends Error {
  readonly code: AcmeErrorCode;
  readonly retryable: boolean;
  readonly problem: Problem | undefined;
  /** How long the server wants to be left alone; undefined: it did not say. */
  readonly retryAfter: Temporal.Duration | undefined;

  constructor(
    code: AcmeErrorCode,
    message: string,
    details: {
      readonly problem?: Problem | undefined;
      readonly retryAfter?: Temporal.Duration | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "AcmeError";
    this.code = code;
    this.retryable = code === "unreachable" || code === "rate-limited";
    this.problem = details.problem;
    this.retryAfter = details.retryAfter;
  }
}
