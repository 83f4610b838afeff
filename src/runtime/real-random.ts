/** Randomness from the operating system. */

import { randomBytes, randomUUID } from "node:crypto";
import type { Random } from "./random.ts";

/** A {@link Random} fit for keys and identifiers. */
export function createRandom(): Random {
  return {
    bytes: (length) => randomBytes(length),
    uuid: () => randomUUID(),
    fraction: () => Math.random(),
  };
}
