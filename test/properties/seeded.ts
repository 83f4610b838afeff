/** How many runs a property has and where its random numbers begin; both are printed, also when it holds. */

import { randomInt } from "node:crypto";
import type { TestContext } from "node:test";
import type fc from "fast-check";

/**
 * SEKISHO_PROPERTY_RUNS sets the number of runs (a soak asks for more), SEKISHO_SEED where the random numbers begin.
 * Default: 1,000 runs times `share`, and another seed each time.
 */
export function seeded(
  context: TestContext,
  share = 1,
): Required<Pick<fc.Parameters<unknown>, "numRuns" | "seed">> {
  const numRuns = Math.ceil(Number(process.env["SEKISHO_PROPERTY_RUNS"] ?? 1000) * share);
  const seed = Number(process.env["SEKISHO_SEED"] ?? randomInt(2 ** 31));
  context.diagnostic(`${numRuns} runs from seed ${seed}`);
  return { numRuns, seed };
}
