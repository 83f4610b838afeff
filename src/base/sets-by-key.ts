/** Sets of texts by key. Most hold one text, which is kept as itself: a set of one takes hundreds of bytes. */

export class SetsByKey {
  readonly #sets = new Map<string, string | Set<string>>();

  add(key: string, text: string): void {
    const known = this.#sets.get(key);
    if (known === undefined) this.#sets.set(key, text);
    else if (typeof known !== "string") known.add(text);
    else if (known !== text) this.#sets.set(key, new Set([known, text]));
  }

  delete(key: string, text: string): void {
    const known = this.#sets.get(key);
    if (known === undefined || typeof known === "string") {
      if (known === text) this.#sets.delete(key);
      return;
    }
    known.delete(text);
    const [last] = known;
    if (known.size === 1 && last !== undefined) this.#sets.set(key, last);
  }

  /** In the order in which they came. */
  get(key: string): Iterable<string> {
    const known = this.#sets.get(key);
    return known === undefined ? [] : typeof known === "string" ? [known] : known;
  }

  /** Those that have a text. */
  keys(): Iterable<string> {
    return this.#sets.keys();
  }
}
