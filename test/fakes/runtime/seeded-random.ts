/** Randomness that is the same in every run. */

import type { Random } from "#runtime/random.ts";

/** A {@link Random} whose values follow from `seed` alone (mulberry32); fit for tests, never for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed | 0;
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => word() >>> 24);
  return { bytes, uuid: () => formatUuid(bytes(16)), fraction: () => word() / 2 ** 32 };
}

/** Version and variant bits as RFC 9562 §5.4 sets them. */
function formatUuid(bytes: Uint8Array): string {
  const marked = bytes.map((byte, index) => {
    if (index === 6) return (byte & 0x0f) | 0x40;
    if (index === 8) return (byte & 0x3f) | 0x80;
    return byte;
  });
  const hex = Buffer.from(marked).toString("hex");
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, index) => hex.slice(ends[index - 1] ?? 0, end)).join("-");
}
