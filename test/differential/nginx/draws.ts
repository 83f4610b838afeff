/** Answers that are drawn: which a request may get, and whether each comes as often as it should. */

import type { Chance } from "#test/simulators/nginx-locations.ts";
import { formatAnswer, type Passed } from "./raw-requests.ts";

/** Answers as texts, and how many of a hundred requests get each. */
export type Chances = ReadonlyMap<string, number>;

export function formatChances(
  chances: readonly Chance[],
  passed: (answer: Passed) => string,
): Chances {
  const texts = new Map<string, number>();
  for (const { percent, answer } of chances) {
    const text = formatAnswer(answer, passed);
    texts.set(text, (texts.get(text) ?? 0) + percent);
  }
  return texts;
}

/** How often the first of several answers came. */
export class Draws {
  #expected = 0;
  #variance = 0;
  #came = 0;

  count(chances: Chances, got: string): void {
    const [[first = "", percent = 0] = []] = chances;
    if (percent === 0 || percent === 100) return;
    this.#expected += percent / 100;
    this.#variance += (percent / 100) * (1 - percent / 100);
    if (got === first) this.#came += 1;
  }

  /** What is wrong, if it is out of all reason: chance alone does so once in a thousand million times. */
  differences(): readonly string[] {
    const wanted = this.#expected;
    const isChance = Math.abs(this.#came - wanted) <= 6 * Math.sqrt(this.#variance) + 1;
    if (isChance) return [];
    return [`the first of several answers: wanted about ${wanted} times, got ${this.#came}`];
  }
}
