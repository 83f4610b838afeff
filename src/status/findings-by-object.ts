/** What is found about objects now, kept by object. */

import { compareFindings, type Finding, type FindingChange, findingKey } from "#base/finding.ts";
import { formatKey } from "#kinds/object.ts";

export class FindingsByObject {
  readonly #byObject = new Map<string, Map<string, Finding>>();
  readonly #isKept: (kind: string) => boolean;

  constructor(isKept: (kind: string) => boolean) {
    this.#isKept = isKept;
  }

  /** Takes a change; returns the objects (`formatKey`) that it is about. */
  take({ added, gone }: FindingChange): ReadonlySet<string> {
    const touched = new Set<string>();
    for (const finding of gone.filter(({ origin }) => this.#isKept(origin.kind))) {
      const key = formatKey(finding.origin);
      const held = this.#byObject.get(key);
      held?.delete(findingKey(finding));
      if (held?.size === 0) this.#byObject.delete(key);
      touched.add(key);
    }
    for (const finding of added.filter(({ origin }) => this.#isKept(origin.kind))) {
      const key = formatKey(finding.origin);
      const held = this.#byObject.get(key) ?? new Map<string, Finding>();
      held.set(findingKey(finding), finding);
      this.#byObject.set(key, held);
      touched.add(key);
    }
    return touched;
  }

  /** In the order in which findings are shown. */
  of(key: string): readonly Finding[] {
    return [...(this.#byObject.get(key)?.values() ?? [])].sort(compareFindings);
  }
}
