/** SHA-256 over bytes, for comparing what was brought here with what was pinned. */

import { createHash } from "node:crypto";

/** The digest as 64 hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
