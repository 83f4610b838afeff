/**
 * When a request may go to the API server, so that a burst of ours starves nobody: a bucket of tokens, a limit on how
 * many are under way, an order among those that wait, and silence when the server asks for it.
 */

import type { Clock } from "#runtime/clock.ts";

/**
 * `urgent` waits for nobody (renewing a lease); `background` (statuses, events) leaves a part of everything to the
 * `normal` ones.
 */
export type Priority = "urgent" | "normal" | "background";

export interface Pacing {
  /** Requests a second in the long run. Default 500. */
  readonly perSecond: number;
  /** Requests that may go at once after a quiet time. Default 1,000. */
  readonly burst: number;
  /** Requests under way at the same time. Default 24. */
  readonly underWay: number;
}

export const defaultPacing: Pacing = { perSecond: 500, burst: 1000, underWay: 24 };

interface Waiter {
  readonly priority: Priority;
  readonly go: () => void;
}

export class Pacer {
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  readonly #waiting: Waiter[] = [];
  #tokens: number;
  #filledAtMs: number;
  #underWay = 0;
  #silentUntilMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, pacing: Pacing = defaultPacing) {
    this.#clock = clock;
    this.#pacing = pacing;
    this.#tokens = pacing.burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Resolves when a request may go; the result must be called when it is over. Rejects with the signal's reason. */
  async enter(priority: Priority, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (priority === "urgent") return () => undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { priority, go: resolve };
    const leave = (): void => {
      const index = this.#waiting.indexOf(waiter);
      if (index >= 0) this.#waiting.splice(index, 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#waiting.push(waiter);
    this.#admit();
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
    return this.#exit();
  }

  /** The server asked for silence. */
  silence(duration: Temporal.Duration): void {
    const until = this.#clock.monotonicMs() + duration.total("milliseconds");
    this.#silentUntilMs = Math.max(this.#silentUntilMs, until);
  }

  #exit(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#underWay--;
      this.#admit();
    };
  }

  #admit(): void {
    this.#fill();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#tokens--;
      this.#underWay++;
      next.go();
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waitMs = this.#waitMs();
    if (this.#waiting.length === 0 || waitMs === undefined) return;
    this.#cancelTimer = this.#clock.after(
      Temporal.Duration.from({ milliseconds: Math.ceil(waitMs) }),
      () => {
        this.#cancelTimer = undefined;
        this.#admit();
      },
    );
  }

  #next(): Waiter | undefined {
    if (this.#clock.monotonicMs() < this.#silentUntilMs) return undefined;
    const { burst, underWay } = this.#pacing;
    if (this.#tokens < 1 || this.#underWay >= underWay) return undefined;
    const normal = this.#waiting.find(({ priority }) => priority === "normal");
    if (normal !== undefined) return normal;
    const leavesRoom = this.#tokens >= 1 + burst / 4 && this.#underWay < Math.ceil(underWay / 2);
    return leavesRoom ? this.#waiting[0] : undefined;
  }

  #fill(): void {
    const now = this.#clock.monotonicMs();
    const { perSecond, burst } = this.#pacing;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAtMs) * perSecond) / 1000);
    this.#filledAtMs = now;
  }

  /** Until time alone lets somebody go; undefined when only the end of a request can. */
  #waitMs(): number | undefined {
    const silentMs = this.#silentUntilMs - this.#clock.monotonicMs();
    if (silentMs > 0) return silentMs;
    const { perSecond, burst, underWay } = this.#pacing;
    const onlyBackground = this.#waiting.every(({ priority }) => priority === "background");
    const wanted = onlyBackground ? 1 + burst / 4 : 1;
    const most = onlyBackground ? Math.ceil(underWay / 2) : underWay;
    if (this.#underWay >= most) return undefined;
    return Math.max(1, ((wanted - this.#tokens) * 1000) / perSecond);
  }
}
