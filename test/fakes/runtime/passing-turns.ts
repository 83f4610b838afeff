/** Time that passes by a tenth of a second, with room for what it causes. */

import { setImmediate as turn } from "node:timers/promises";
import type { ManualClock } from "./manual-clock.ts";

/** Lets seconds pass, at most, until it is so. */
export async function passTurns(
  clock: ManualClock,
  seconds: number,
  isSeen: () => Promise<boolean>,
): Promise<void> {
  for (let step = 0; ; step++) {
    for (let turns = 0; turns < 20; turns++) await turn();
    if ((await isSeen()) || step === seconds * 10) return;
    await clock.advance({ milliseconds: 100 });
  }
}
