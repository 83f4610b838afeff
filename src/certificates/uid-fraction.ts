/** A number in [0, 1) of an object's own, always the same: so that many of them do not do the same at the same moment. */

import { contentHash } from "#base/content-hash.ts";

export function uidFraction(uid: string, purpose: string): number {
  return Number.parseInt(contentHash(purpose, uid).slice(0, 8), 16) / 2 ** 32;
}
