/** Demands that random rounds show a fault that was seeded into the flow. */

import assert from "node:assert/strict";
import fc from "fast-check";

export interface Hunt<Round> {
  readonly rounds: fc.Arbitrary<Round>;
  /** A fault that so many rounds do not show is not caught. */
  readonly most: number;
  readonly seed: number;
  /** Throws differences, each with ": wanted" in it. */
  readonly play: (round: Round, name: string) => Promise<void>;
}

/** The faults to seed: all, or so many of them as SEKISHO_FAULTS says, from the whole list. */
export function faultsToSeed<Fault>(
  faults: Readonly<Record<string, Fault>>,
): readonly (readonly [sentence: string, fault: Fault])[] {
  const all = Object.entries(faults);
  const step = Math.ceil(all.length / Number(process.env["SEKISHO_FAULTS"] ?? all.length));
  return all.filter((_, place) => place % step === 0);
}

/** Rejects when no round shows anything, or when one fails by something else than an answer. */
export async function expectCaught<Round>({
  rounds,
  most,
  seed,
  play,
}: Hunt<Round>): Promise<void> {
  let played = 0;
  const details = await fc.check(
    fc.asyncProperty(rounds, async (round) => {
      played += 1;
      await play(round, `request-${played}`);
    }),
    { numRuns: most, seed, endOnFailure: true },
  );
  assert.ok(details.failed, `${most} rounds from seed ${seed} did not show it`);
  const { message } = details.errorInstance as Error;
  assert.match(message, /: wanted/, "what fails must be an answer, or what is told of it");
}
