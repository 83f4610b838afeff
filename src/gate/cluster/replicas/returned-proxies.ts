/**
 * Whether the proxies that serve are connected to some replica: one that is not serves what it was given last, and nobody can
 * say that it has what is published now. Behind a start of ours it takes them a while to come back.
 */

import type { Clock } from "#runtime/clock.ts";

/** Envoy tries again at least every 30 s. One that stays away longer is waited for no more. */
const longestAwayMs = 60_000;

export class ReturnedProxies {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** Since when we know, by proxy. */
  readonly #away = new Map<string, number>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** `serving`: to which clients are led; none where nobody knows. Without any that is connected the answer is no. */
  areBack(connected: readonly string[], serving: readonly string[]): boolean {
    const nowMs = this.#clock.monotonicMs();
    const there = new Set(connected);
    const away = serving.filter((proxy) => !there.has(proxy));
    for (const proxy of this.#away.keys()) if (!away.includes(proxy)) this.#away.delete(proxy);
    for (const proxy of away) if (!this.#away.has(proxy)) this.#away.set(proxy, nowMs);
    const isOver = (proxy: string): boolean =>
      nowMs - (this.#away.get(proxy) ?? nowMs) >= longestAwayMs;
    return connected.length > 0 && away.every(isOver);
  }
}
