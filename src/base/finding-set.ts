/** The findings that hold now, each kept under what found it, so that it goes when its reason goes. */

import { compareFindings, type Finding } from "./finding.ts";

export class FindingSet {
  readonly #bySource = new Map<string, readonly Finding[]>();
  #version = 0;

  /** Replaces what a source has found. */
  set(source: string, findings: readonly Finding[]): void {
    if (findings.length === 0) {
      this.delete(source);
      return;
    }
    this.#bySource.set(source, findings);
    this.#version++;
  }

  delete(source: string): void {
    if (this.#bySource.delete(source)) this.#version++;
  }

  /** Changes whenever the findings may have. */
  get version(): number {
    return this.#version;
  }

  /** All findings in their one order, each once. */
  all(): readonly Finding[] {
    const sorted = [...this.#bySource.values()].flat().sort(compareFindings);
    return sorted.filter((finding, index) => {
      const before = sorted[index - 1];
      return before === undefined || compareFindings(before, finding) !== 0;
    });
  }
}
