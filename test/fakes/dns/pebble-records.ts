/** Records that a Pebble finds: what stands in them is told to its DNS server. */

import type { Pebble } from "#test/pebble/pebble.ts";
import { TxtRecords } from "./txt-records.ts";

/** A {@link TxtRecords} that Pebble validates by. */
export function recordsFor(pebble: Pick<Pebble, "setNames">): TxtRecords {
  return new TxtRecords(async (name, values) => {
    const host = `${name}.`;
    await pebble.setNames("clear-txt", { host });
    for (const value of values) await pebble.setNames("set-txt", { host, value });
  });
}
