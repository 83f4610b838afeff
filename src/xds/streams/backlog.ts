/**
 * What one stream still has to be told of one type, by name with the oldest change it waits since: names, not messages,
 * so that a slow proxy costs no memory.
 *
 *   pending   to be sent            held   to be sent once what it needs is in force
 *   leaving   to be removed         kept   to be removed once nothing that the proxy may have refers to it
 */

export type Place = "pending" | "held" | "leaving" | "kept";

export class Backlog {
  readonly #places: Readonly<Record<Place, Map<string, number>>> = {
    pending: new Map(),
    held: new Map(),
    leaving: new Map(),
    kept: new Map(),
  };

  has(place: Place): boolean {
    return this.#places[place].size > 0;
  }

  /** Names in a place with their changes, the longest there first. */
  in(place: Place): ReadonlyMap<string, number> {
    return this.#places[place];
  }

  put(place: Place, name: string, since: number): void {
    this.#places[place].set(name, since);
  }

  /** Takes the name out of every place; returns the change it waited since. */
  take(name: string): number | undefined {
    let since: number | undefined;
    for (const place of Object.values(this.#places)) {
      since = place.get(name) ?? since;
      place.delete(name);
    }
    return since;
  }

  /** Puts a name that is in `from` into `to`; false when it is not there. */
  move(name: string, from: Place, to: Place): boolean {
    const since = this.#places[from].get(name);
    if (since === undefined) return false;
    this.#places[from].delete(name);
    this.#places[to].set(name, since);
    return true;
  }

  /** Whether the name waits since a change up to that revision. */
  waits(name: string, revision: number): boolean {
    return Object.values(this.#places).some((place) => {
      const since = place.get(name);
      return since !== undefined && since <= revision;
    });
  }

  /** Some of the names that wait, each with its place: for people. */
  describe(most: number): readonly string[] {
    return Object.entries(this.#places)
      .flatMap(([place, names]) =>
        [...names.keys()].slice(0, most).map((name) => `${place} ${name}`),
      )
      .slice(0, most);
  }

  /** Every name in any place. */
  names(): readonly string[] {
    return Object.values(this.#places).flatMap((place) => [...place.keys()]);
  }

  /** The oldest change that anything waits since; infinite when nothing waits. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const place of Object.values(this.#places)) {
      for (const since of place.values()) oldest = Math.min(oldest, since);
    }
    return oldest;
  }
}
