/** Plays requests against a running gate and gathers what is wrong with the answers, whatever the dialect. */

/** How many requests are under way at once. */
const concurrency = 8;
/** Nobody reads more differences: what is left is not asked then. */
const enough = 10;

/**
 * Has `ask` play every shot, some at a time; it gives the difference between the answer and the right one as a sentence,
 * or nothing. After enough differences it asks no more.
 */
export async function playAll<Shot>(
  shots: readonly Shot[],
  ask: (shot: Shot, index: number) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const differences: string[] = [];
  const waiting = shots.entries();
  const workers = Array.from({ length: concurrency }, async () => {
    for (const [index, shot] of waiting) {
      const difference = await ask(shot, index);
      if (difference !== undefined) differences.push(difference);
      if (differences.length >= enough) return;
    }
  });
  await Promise.all(workers);
  return differences;
}

/** Throws when there are differences, with what they are about. */
export function demandNone(differences: readonly string[], shown: () => string): void {
  if (differences.length > 0) throw new Error(`${differences.join("\n")}\n${shown()}`);
}
