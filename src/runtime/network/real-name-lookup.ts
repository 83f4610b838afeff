/** Name lookup by this machine's resolver. */

import { lookup } from "node:dns/promises";
import type { NameLookup } from "./name-lookup.ts";

/** A {@link NameLookup} that asks as every other program here does. */
export function createNameLookup(): NameLookup {
  return {
    addresses: async (name) => {
      try {
        const found = await lookup(name, { all: true });
        return [...new Set(found.map(({ address }) => address))].sort();
      } catch {
        // A name that does not resolve, now or ever, has no addresses: that is the answer.
        return [];
      }
    },
  };
}
