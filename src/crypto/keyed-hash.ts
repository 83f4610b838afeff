/** Comparing and looking up secrets without telling by the time it takes how much of them was right. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA-256 over parts, each with its length before it: equal texts mean equal parts to those without the key. */
export function keyedHash(key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hmac.update(`${bytes.length}:`).update(bytes);
  }
  return hmac.digest("base64");
}

/** Whether two texts are equal; the time depends on their lengths alone. */
export function isSameSecret(one: string, other: string): boolean {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** SHA-1 over parts: for stored hashes that were made with it, and for nothing new. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
