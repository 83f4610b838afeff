/** Versions are hashes of content, so that a restarted or second control plane names them alike. */

import { createHash } from "node:crypto";

/** 128 bits of SHA-256 over the parts, as 32 hex digits. Parts are length-prefixed: no two lists collide by concatenation. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(`${part.length}:`);
    hash.update(part);
  }
  return hash.digest("hex").slice(0, 32);
}
