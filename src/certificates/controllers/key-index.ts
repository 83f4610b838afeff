/** Which keys have a value, for many values a key, kept up as keys change. */

import { SetsByKey } from "#base/sets-by-key.ts";

export class KeyIndex {
  readonly #values = new Map<string, readonly string[]>();
  readonly #keys = new SetsByKey();

  /** What a key has from now on; nothing: it is forgotten. */
  set(key: string, values: readonly string[]): void {
    for (const value of this.#values.get(key) ?? []) this.#keys.delete(value, key);
    if (values.length === 0) this.#values.delete(key);
    else this.#values.set(key, values);
    for (const value of values) this.#keys.add(value, key);
  }

  /** Sorted, so that nothing depends on the order in which they came. */
  get(value: string): readonly string[] {
    return [...this.#keys.get(value)].sort();
  }
}
