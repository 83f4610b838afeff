/** The findings that hold now, each kept under what found it, so that it goes when its reason goes. */

import { compareFindings, type Finding, type FindingChange } from "./finding.ts";

const nothing: readonly Finding[] = [];

export class FindingSet {
  readonly #bySource = new Map<string, readonly Finding[]>();
  readonly #changed: (change: FindingChange) => void;
  #version = 0;
  #all: readonly Finding[] | undefined;

  /** `changed` hears what a source said before and says now, whenever the two differ. */
  constructor(changed: (change: FindingChange) => void = () => undefined) {
    this.#changed = changed;
  }

  /** Replaces what a source has found; the same findings again are no change. */
  set(source: string, findings: readonly Finding[]): void {
    // Most sources find nothing, and a text that was just put together is dear as a key.
    if (findings.length === 0 && this.#bySource.size === 0) return;
    const gone = this.#bySource.get(source) ?? nothing;
    if (areSame(gone, findings)) return;
    if (findings.length === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, findings);
    this.#version++;
    this.#all = undefined;
    this.#changed({ gone, added: findings });
  }

  delete(source: string): void {
    this.set(source, nothing);
  }

  /** Changes whenever the findings may have. */
  get version(): number {
    return this.#version;
  }

  /** All findings in their one order, each once. */
  all(): readonly Finding[] {
    this.#all ??= [...this.#bySource.values()]
      .flat()
      .sort(compareFindings)
      .filter((finding, index, sorted) => {
        const before = sorted[index - 1];
        return before === undefined || compareFindings(before, finding) !== 0;
      });
    return this.#all;
  }
}

function areSame(before: readonly Finding[], now: readonly Finding[]): boolean {
  return (
    before.length === now.length &&
    before.every((finding, index) => {
      const other = now[index];
      return (
        other !== undefined &&
        compareFindings(finding, other) === 0 &&
        finding.advice === other.advice &&
        finding.place === other.place
      );
    })
  );
}
