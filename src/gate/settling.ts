/** Waiting until the proxies of this replica have answered for names: of the local ones for the statuses, or because another asks. */

import type { Clock } from "#runtime/clock.ts";
import { pause } from "#runtime/pause.ts";
import type { NameAtVersion, Settlement } from "#xds/settlement.ts";

const lookEvery = Temporal.Duration.from({ milliseconds: 50 });
/** Of ten thousands of names some are looked at, and then others go first. */
const sliceMs = 5;
const breath = Temporal.Duration.from({ milliseconds: 1 });

/** Resolves with those names that are not settled at last; `now` says at which version a name is to be. */
export async function untilSettled(
  { clock, settlement }: { readonly clock: Clock; readonly settlement: Settlement },
  names: readonly NameAtVersion[],
  {
    longest,
    now,
  }: { readonly longest: Temporal.Duration; readonly now: (asked: NameAtVersion) => NameAtVersion },
): Promise<readonly NameAtVersion[]> {
  const left = [...names];
  const endMs = clock.monotonicMs() + longest.total("milliseconds");
  const stillHere = new AbortController();
  for (;;) {
    const beganMs = clock.monotonicMs();
    const isSettled = settlement.look();
    const isBreathless = (): boolean => clock.monotonicMs() - beganMs > sliceMs;
    // One that is not settled is enough to wait: each look costs no more than what came to be settled.
    let last = left.at(-1);
    while (last !== undefined && !isBreathless() && isSettled(now(last))) {
      left.pop();
      last = left.at(-1);
    }
    if (last === undefined) return [];
    if (beganMs >= endMs) return left.filter((asked) => !isSettled(now(asked)));
    await pause(clock, isBreathless() ? breath : lookEvery, stillHere.signal);
  }
}
