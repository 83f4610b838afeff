/** The hash by which cert-manager names objects: FNV-1 of 32 bits over bytes. */

const offsetBasis = 0x811c_9dc5;
const prime = 0x0100_0193;

/** A whole number from 0 to 2^32 - 1; it keeps nothing secret and nothing apart that somebody wants to collide. */
export function fnv32(bytes: Uint8Array): number {
  let hash = offsetBasis;
  for (const byte of bytes) hash = Math.imul(hash, prime) ^ byte;
  return hash >>> 0;
}
