/** So many issuances a day for one Certificate: whatever makes it be issued again and again does not cost more. */

const dayMs = 24 * 3_600_000;

export class IssuanceBudget {
  readonly #perDay: number;
  /** uid → when it was issued, within the last day. */
  readonly #spent = new Map<string, readonly number[]>();

  constructor(perDay: number) {
    this.#perDay = perDay;
  }

  /** Undefined when it may be issued now. */
  freeAt(uid: string, now: Temporal.Instant): Temporal.Instant | undefined {
    const spent = this.#recent(uid, now);
    const [oldest] = spent.slice(-this.#perDay);
    if (spent.length < this.#perDay || oldest === undefined) return undefined;
    return Temporal.Instant.fromEpochMilliseconds(oldest + dayMs);
  }

  spend(uid: string, now: Temporal.Instant): void {
    this.#spent.set(uid, [...this.#recent(uid, now), now.epochMilliseconds]);
  }

  forget(uid: string): void {
    this.#spent.delete(uid);
  }

  #recent(uid: string, now: Temporal.Instant): readonly number[] {
    const since = now.epochMilliseconds - dayMs;
    // What lies ahead was counted before a clock was set back.
    return (this.#spent.get(uid) ?? []).filter((at) => at > since && at <= now.epochMilliseconds);
  }
}
