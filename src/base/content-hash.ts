/** Versions are hashes of content, so that a restarted or second control plane names them alike. */

import { hash } from "node:crypto";

/** 128 bits of SHA-256 over the parts, as 32 hex digits. Parts are length-prefixed: no two lists collide by concatenation. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const bytes = parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  const prefixes = parts.map((part) => `${part.length}:`);
  const length = (before: number, { length }: { readonly length: number }): number =>
    before + length;
  const whole = Buffer.allocUnsafe(bytes.reduce(length, prefixes.reduce(length, 0)));
  let end = 0;
  for (const [index, part] of bytes.entries()) {
    end += whole.write(prefixes[index] ?? "", end, "latin1");
    whole.set(part, end);
    end += part.length;
  }
  // In one call: for what is as short as most of it, that is a fraction of the cost of a hash that is fed.
  return hash("sha256", whole, "hex").slice(0, 32);
}
