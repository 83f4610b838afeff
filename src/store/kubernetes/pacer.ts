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

type Waiter = () => void;

export class Pacer {
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  /** Those of thousands of certificates may be thousands: none looks at all others. */
  readonly #waiting: Readonly<Record<"normal" | "background", Waiter[]>> = {
    normal: [],
    background: [],
  };
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
    const queue = this.#waiting[priority];
    const leave = (): void => {
      const index = queue.indexOf(resolve);
      if (index >= 0) queue.splice(index, 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    queue.push(resolve);
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
      this.#tokens--;
      this.#underWay++;
      next();
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waitMs = this.#waitMs();
    if (this.#isEmpty() || waitMs === undefined) return;
    this.#cancelTimer = this.#clock.after(
      Temporal.Duration.from({ milliseconds: Math.ceil(waitMs) }),
      () => {
        this.#cancelTimer = undefined;
        this.#admit();
      },
    );
  }

  #isEmpty(): boolean {
    const { normal, background } = this.#waiting;
    return normal.length === 0 && background.length === 0;
  }

  /** Takes the one whose turn it is. */
  #next(): Waiter | undefined {
    if (this.#clock.monotonicMs() < this.#silentUntilMs) return undefined;
    const { burst, underWay } = this.#pacing;
    if (this.#tokens < 1 || this.#underWay >= underWay) return undefined;
    const { normal, background } = this.#waiting;
    if (normal.length > 0) return normal.shift();
    const leavesRoom = this.#tokens >= 1 + burst / 4 && this.#underWay < Math.ceil(underWay / 2);
    return leavesRoom ? background.shift() : undefined;
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
    const onlyBackground = this.#waiting.normal.length === 0;
    const wanted = onlyBackground ? 1 + burst / 4 : 1;
    const most = onlyBackground ? Math.ceil(underWay / 2) : underWay;
    if (this.#underWay >= most) return undefined;
    return Math.max(1, ((wanted - this.#tokens) * 1000) / perSecond);
  }
}
