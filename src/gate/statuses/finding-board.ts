/** All findings of a gate, whoever has them, and what of them is new: at the cost of the change, not of all there are. */

import { compareFindings, type Finding, type FindingChange, findingKey } from "#base/finding.ts";

interface Held {
  readonly finding: Finding;
  /** How many say it. */
  readonly count: number;
}

export class FindingBoard {
  readonly #held = new Map<string, Held>();
  readonly #lists = new Map<string, readonly Finding[]>();
  /** By key, what was held when it was last told; only of what was touched since. */
  readonly #before = new Map<string, Finding | undefined>();
  #all: readonly Finding[] | undefined;

  readonly #tell: (change: FindingChange) => void;

  /** `tell` hears what comes and goes; what came and went before it was told is nothing. */
  constructor(tell: (change: FindingChange) => void) {
    this.#tell = tell;
  }

  /** Takes the whole list of one who has few findings, in place of its former one, and tells. */
  replace(whose: string, findings: readonly Finding[]): void {
    this.gather({ gone: this.#lists.get(whose) ?? [], added: findings });
    this.#lists.set(whose, findings);
    this.tell();
  }

  /** Takes a change of one who keeps its own, to be told with the next {@link tell}. */
  gather({ added, gone }: FindingChange): void {
    for (const finding of added) this.#count(finding, 1);
    for (const finding of gone) this.#count(finding, -1);
  }

  /** Tells what was gathered. */
  tell(): void {
    const added: Finding[] = [];
    const gone: Finding[] = [];
    for (const [key, before] of this.#before) {
      const now = this.#held.get(key)?.finding;
      if (now === undefined && before !== undefined) gone.push(before);
      if (now !== undefined && before === undefined) added.push(now);
    }
    this.#before.clear();
    if (added.length + gone.length === 0) return;
    this.#tell({ added: added.sort(compareFindings), gone: gone.sort(compareFindings) });
  }

  /** All that hold now in their one order, each once. */
  all(): readonly Finding[] {
    this.#all ??= [...this.#held.values()].map(({ finding }) => finding).sort(compareFindings);
    return this.#all;
  }

  #count(finding: Finding, difference: 1 | -1): void {
    const key = findingKey(finding);
    const held = this.#held.get(key);
    if (!this.#before.has(key)) this.#before.set(key, held?.finding);
    this.#all = undefined;
    const count = (held?.count ?? 0) + difference;
    if (count === 0) this.#held.delete(key);
    else
      this.#held.set(key, {
        finding: difference > 0 ? finding : (held?.finding ?? finding),
        count,
      });
  }
}
