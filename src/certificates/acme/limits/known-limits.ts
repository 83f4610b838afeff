/** What servers allow that say so in their documents and not over ACME (Let's Encrypt, "Rate Limits"). */

import type { BucketLimit } from "./token-bucket.ts";

/** Absent: no limit is known. */
export interface ServerLimits {
  /** Orders of one account. */
  readonly orders?: BucketLimit;
  /** Certificates with names of one registered domain, whoever orders them. */
  readonly domain?: BucketLimit;
  /** Certificates with the very same names. */
  readonly sameNames?: BucketLimit;
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const letsEncrypt: ServerLimits = {
  orders: { count: 300, refillMs: 36 * secondMs },
  domain: { count: 50, refillMs: 202 * minuteMs },
  sameNames: { count: 5, refillMs: 34 * hourMs },
};

/** The limits of the server with that directory. */
export function knownLimits(directory: string): ServerLimits {
  return URL.parse(directory)?.hostname === "acme-v02.api.letsencrypt.org" ? letsEncrypt : {};
}
