/**
 * Which seeds of session tickets there are, as a function of the time and of what is stored:
 *
 *     made ├─ lead ─┤├──────── seals ────────┤├─ opens ────────────┤ forgotten
 *          next made ┤├ lead ┤├─────────────── seals …
 *                              └ ticketLifetime ┘
 *
 * Every proxy has a seed before any seals with it, and no ticket outlives the seed that opens it.
 */

import { SecretBytes } from "#base/secret-bytes.ts";
import { ticketSeedBytes } from "#crypto/ticket-key.ts";
import { ticketLifetime } from "#envoy/secret-source.ts";

export interface TicketSeed {
  readonly madeAt: Temporal.Instant;
  readonly seed: SecretBytes;
}

/** A seed that leaks opens what was sealed in so long, and what is taken up again of that. */
const seedInterval = Temporal.Duration.from({ hours: 12 });

/** In which every replica has read what was stored, and every proxy been told. */
const lead = Temporal.Duration.from({ hours: 1 });

/** When the newest of these is to have a successor: at once where there is none. */
export function successorDue(
  seeds: readonly TicketSeed[],
  now: Temporal.Instant,
): Temporal.Instant {
  const [newest] = usable(seeds, now);
  return newest === undefined ? now : newest.madeAt.add(seedInterval);
}

/** Those that are still of use, newest first. One from the future was made by a clock that is wrong. */
export function usable(seeds: readonly TicketSeed[], now: Temporal.Instant): readonly TicketSeed[] {
  const made = seeds
    .filter(({ madeAt }) => !isBefore(now.add(lead), madeAt))
    .toSorted((a, b) => Temporal.Instant.compare(b.madeAt, a.madeAt));
  return made.filter((_, index) => {
    const successor = made[index - 1];
    return successor === undefined || isBefore(now, successor.madeAt.add(lead).add(ticketLifetime));
  });
}

/** The one that seals first, as Envoy takes them: the newest that every proxy has, else the oldest. */
export function sealingFirst(
  seeds: readonly TicketSeed[],
  now: Temporal.Instant,
): readonly SecretBytes[] {
  const kept = usable(seeds, now);
  const sealing = kept.find(({ madeAt }) => !isBefore(now, madeAt.add(lead))) ?? kept.at(-1);
  if (sealing === undefined) return [];
  return [sealing, ...kept.filter((one) => one !== sealing)].map(({ seed }) => seed);
}

/** A line each: when it was made, and the seed. */
export function formatSeeds(seeds: readonly TicketSeed[]): string {
  return seeds
    .map(({ madeAt, seed }) => `${madeAt} ${Buffer.from(seed.reveal()).toString("base64")}\n`)
    .join("");
}

/** A line that cannot be read is left out: what it sealed is not taken up again. */
export function parseSeeds(text: string): readonly TicketSeed[] {
  return text.split("\n").flatMap((line) => {
    const [time = "", encoded = ""] = line.split(" ");
    const seed = Buffer.from(encoded, "base64");
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(time);
    if (!isTime || seed.length !== ticketSeedBytes) return [];
    return [{ madeAt: Temporal.Instant.from(time), seed: new SecretBytes(seed) }];
  });
}

function isBefore(a: Temporal.Instant, b: Temporal.Instant): boolean {
  return Temporal.Instant.compare(a, b) < 0;
}
