/** Waiting until the proxies of this replica have answered for names: of the local ones for the statuses, or because another asks. */

import type { Clock } from "#runtime/clock.ts";
import { pause } from "#runtime/pause.ts";
import type { NameAtVersion, Settlement } from "#xds/settlement.ts";

const lookEvery = Temporal.Duration.from({ milliseconds: 50 });

/** Resolves with those names that are not settled at last; `now` says at which version a name is to be. */
export async function untilSettled(
  { clock, settlement }: { readonly clock: Clock; readonly settlement: Settlement },
  names: readonly NameAtVersion[],
  {
    longest,
    now,
  }: { readonly longest: Temporal.Duration; readonly now: (asked: NameAtVersion) => NameAtVersion },
): Promise<readonly NameAtVersion[]> {
  const isSettled = (asked: NameAtVersion): boolean => settlement.isSettled(now(asked));
  const left = [...names];
  const endMs = clock.monotonicMs() + longest.total("milliseconds");
  const stillHere = new AbortController();
  for (;;) {
    // One that is not settled is enough to wait: each look costs no more than what came to be settled.
    for (let last = left.at(-1); last !== undefined && isSettled(last); last = left.at(-1))
      left.pop();
    if (left.length === 0) return [];
    if (clock.monotonicMs() >= endMs) return left.filter((asked) => !isSettled(asked));
    await pause(clock, lookEvery, stillHere.signal);
  }
}
