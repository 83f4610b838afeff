/**
 * What a subject of the test (a path, a certificate, a host) may answer at any moment: the old or the new world's
 * answer from when a change is written, the new one's alone from a second after that.
 *
 * While the control plane is dead nothing can change: the second begins when it is ready again.
 */

/** How long the former answer may still be given. */
const graceMs = 1000;

interface Era {
  readonly answer: string;
  readonly fromMs: number;
  /** Until when the answer before this one is right, too; unknown while the control plane is dead. */
  untilMs: number;
}

/** An answer that would have been right earlier. */
export interface Lateness {
  /** When the change was made that it does not show. */
  readonly changedMs: number;
  /** Until when it was right. */
  readonly dueMs: number;
}

export class Timeline {
  readonly #eras: Era[];

  constructor(answer: string) {
    this.#eras = [{ answer, fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.NEGATIVE_INFINITY }];
  }

  /** What is asked for now. */
  get wanted(): string {
    return this.#eras.at(-1)?.answer ?? "";
  }

  /** The answer is asked to be this from `nowMs` on; `isAlive`: the control plane can see to it. */
  change(answer: string, nowMs: number, isAlive: boolean): void {
    this.#eras.push({
      answer,
      fromMs: nowMs,
      untilMs: isAlive ? nowMs + graceMs : Number.POSITIVE_INFINITY,
    });
    // Answers take at most some seconds: older eras are history.
    while (this.#eras.length > 50) this.#eras.shift();
  }

  /** The control plane is there again. */
  revived(nowMs: number): void {
    for (const era of this.#eras) {
      if (era.untilMs > nowMs) era.untilMs = nowMs + graceMs;
    }
  }

  /** The control plane is gone: what was to take effect may not have. */
  died(nowMs: number): void {
    for (const era of this.#eras) if (era.untilMs > nowMs) era.untilMs = Number.POSITIVE_INFINITY;
  }

  /** Answers that are right for a request sent at `sentMs` and answered at `answeredMs`. */
  allowed(sentMs: number, answeredMs: number): ReadonlySet<string> {
    const allowed = new Set<string>();
    for (const [index, era] of this.#eras.entries()) {
      const next = this.#eras[index + 1];
      const begun = era.fromMs <= answeredMs;
      const over = next !== undefined && next.untilMs < sentMs;
      if (begun && !over) allowed.add(era.answer);
    }
    return allowed;
  }

  /** How late an answer is for a request sent at `sentMs`; undefined when it was never right. */
  lateness(answer: string, sentMs: number): Lateness | undefined {
    for (let index = this.#eras.length - 1; index > 0; index -= 1) {
      const next = this.#eras[index];
      if (this.#eras[index - 1]?.answer !== answer || next === undefined) continue;
      if (next.untilMs < sentMs) return { changedMs: next.fromMs, dueMs: next.untilMs };
    }
    return undefined;
  }
}
