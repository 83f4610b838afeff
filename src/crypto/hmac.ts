/** Keyed hashes as protocols want them (RFC 2104). */

import { createHmac } from "node:crypto";

export type HmacAlgorithm = "md5" | "sha1" | "sha256" | "sha512";

/** The hash over parts put together. */
export function hmac(
  algorithm: HmacAlgorithm,
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const hash = createHmac(algorithm, key);
  for (const part of parts) hash.update(part);
  return hash.digest();
}
