/**
 * Which part of a refused response is guilty: halves of it are sent again, each alone, until one name is left; then
 * variants of that one without one of its parts.
 *
 *   a b c d refused → a b · c d → a · b … d refused alone → d without part x · d without part y
 *
 * Nothing else of the type waits for this: trials and other content take turns.
 */

import type { Resource } from "#envoy/resource.ts";

/** Content like what was refused, with one part of it taken out. */
export interface Variant {
  /** What was taken out: an object's key, a certificate group. */
  readonly part: string;
  readonly resource: Resource;
}

export type Trial =
  | { readonly kind: "names"; readonly names: readonly string[] }
  | {
      readonly kind: "variant";
      readonly name: string;
      /** The content that was refused, and Envoy's text. */
      readonly version: string;
      readonly message: string;
      readonly variant: Variant;
      readonly others: readonly Variant[];
    };

export class Trials {
  readonly #queue: Trial[] = [];
  /** Names on trial, with the version that was refused. */
  readonly #versions = new Map<string, string>();

  /** Whether {@link next} has one. */
  get hasNext(): boolean {
    while (this.#queue[0] !== undefined && this.#openPart(this.#queue[0]) === undefined) {
      this.#queue.shift();
    }
    return this.#queue.length > 0;
  }

  /** The version of a name that is on trial. */
  versionOf(name: string): string | undefined {
    return this.#versions.get(name);
  }

  /** Tries two halves of what was refused together. */
  split(refused: ReadonlyMap<string, string>): void {
    for (const [name, version] of refused) this.#versions.set(name, version);
    const names = [...refused.keys()];
    const middle = Math.ceil(names.length / 2);
    const halves = [names.slice(0, middle), names.slice(middle)];
    this.#queue.unshift(
      ...halves
        .filter((half) => half.length > 0)
        .map((half) => ({ kind: "names" as const, names: half })),
    );
  }

  /** Tries the first of the variants of a name that was refused alone; false when there is none. */
  vary(
    name: string,
    refused: { readonly version: string; readonly message: string },
    variants: readonly Variant[],
  ): boolean {
    const [variant, ...others] = variants;
    if (variant === undefined) return false;
    this.#versions.set(name, refused.version);
    this.#queue.unshift({ kind: "variant", name, ...refused, variant, others });
    return true;
  }

  /** The next trial; names whose trial ended meanwhile are left out. */
  next(): Trial | undefined {
    return this.hasNext ? this.#openPart(this.#queue.shift()) : undefined;
  }

  #openPart(trial: Trial | undefined): Trial | undefined {
    if (trial?.kind === "names") {
      const names = trial.names.filter((name) => this.#versions.has(name));
      return names.length === 0 ? undefined : { kind: "names", names };
    }
    return trial !== undefined && this.#versions.get(trial.name) === trial.version
      ? trial
      : undefined;
  }

  /** The name is no longer on trial. */
  end(name: string): void {
    this.#versions.delete(name);
  }
}
