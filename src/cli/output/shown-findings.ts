/** The findings that were shown, each with its place at that time: what is said of them when they are gone. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import { type Finding, type FindingChange, findingKey } from "#base/finding.ts";
import type { LocatedChange } from "../up/up-listener.ts";

export class ShownFindings {
  readonly #locate: (finding: Finding) => LocatedFinding;
  readonly #shown = new Map<string, LocatedFinding>();

  constructor(locate: (finding: Finding) => LocatedFinding) {
    this.#locate = locate;
  }

  /** The change with its places. */
  change({ added, gone }: FindingChange): LocatedChange {
    return {
      gone: gone.map((finding) => this.#hide(finding)),
      added: added.map((finding) => this.#show(finding)),
    };
  }

  #show(finding: Finding): LocatedFinding {
    const located = this.#locate(finding);
    this.#shown.set(findingKey(finding), located);
    return located;
  }

  #hide(finding: Finding): LocatedFinding {
    const key = findingKey(finding);
    const shown = this.#shown.get(key);
    this.#shown.delete(key);
    return shown ?? { finding };
  }
}
