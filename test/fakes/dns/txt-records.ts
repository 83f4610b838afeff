/** The TXT records that a service of the test holds; whoever wants hears of each change, as a name and all its values. */

export class TxtRecords {
  readonly #values = new Map<string, readonly string[]>();
  readonly #mirror: ((name: string, values: readonly string[]) => Promise<void>) | undefined;

  constructor(mirror?: (name: string, values: readonly string[]) => Promise<void>) {
    this.#mirror = mirror;
  }

  of(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  async set(name: string, values: readonly string[]): Promise<void> {
    this.#values.set(name.toLowerCase(), values);
    await this.#mirror?.(name.toLowerCase(), values);
  }

  /** Everything that stands there. */
  all(): readonly string[] {
    return [...this.#values].flatMap(([name, values]) => values.map((value) => `${name} ${value}`));
  }
}
