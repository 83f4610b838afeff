/** One copy of texts that are read again and again: what is parsed from JSON has a copy of its own of each. */

/** Forgotten all at once, so that texts that come only once do not pile up. */
const most = 8192;

export class SharedTexts {
  readonly #known = new Map<string, string>();

  /** Puts the known copy in the place of each text within a value that nobody else has yet. */
  shareWithin(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    const holder = value as Record<string, unknown>;
    for (const name of Object.keys(holder)) {
      const part = holder[name];
      if (typeof part === "string") holder[name] = this.#share(part);
      else this.shareWithin(part);
    }
  }

  #share(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= most) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}
