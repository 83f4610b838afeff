/** Versions are hashes of content, so that a restarted or second control plane names them alike. */

import { hash } from "node:crypto";

/** 128 bits of SHA-256 over the parts, as 32 hex digits. Parts are length-prefixed: no two lists collide by concatenation. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const prefixed = parts.flatMap((part) => [
    Buffer.from(`${part.length}:`),
    typeof part === "string" ? Buffer.from(part) : part,
  ]);
  // In one call: for what is as short as most of it, that is a fraction of the cost of a hash that is fed.
  return hash("sha256", Buffer.concat(prefixed), "hex").slice(0, 32);
}
