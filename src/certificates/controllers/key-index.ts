/** Which keys have a value, for many values a key, kept up as keys change. */

export class KeyIndex {
  readonly #values = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, Set<string>>();

  /** What a key has from now on; nothing: it is forgotten. */
  set(key: string, values: readonly string[]): void {
    for (const value of this.#values.get(key) ?? []) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    if (values.length === 0) this.#values.delete(key);
    else this.#values.set(key, values);
    for (const value of values) {
      const keys = this.#keys.get(value) ?? new Set();
      this.#keys.set(value, keys.add(key));
    }
  }

  /** Sorted, so that nothing depends on the order in which they came. */
  get(value: string): readonly string[] {
    return [...(this.#keys.get(value) ?? [])].sort();
  }
}
