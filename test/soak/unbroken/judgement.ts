/**
 * Which answers were wrong. One that came too late is judged at the end, when it is known for how long the programs waited
 * for a processor: what the machine kept from them is not their lateness, and is told apart.
 */

import type { ProcessorWaits } from "../processor-waits.ts";
import type { Lateness, Timeline } from "./timeline.ts";

/** Of what went wrong so much is told one by one. */
const mostTold = 50;

export interface Answer {
  readonly answer: string;
  readonly sentMs: number;
  readonly answeredMs: number;
  /** How it was asked for, for people. */
  readonly asked: string;
}

export interface Verdict {
  /** Answers that were neither the old nor the new world's, with how they came about; the first 50. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
  /** Answers that came later than they may by no more than the programs waited for a processor since the change. */
  readonly starved: number;
  /** By how much the latest of those was late; 0 when there are none. */
  readonly starvedMs: number;
}

interface Late extends Lateness {
  readonly text: string;
  readonly sentMs: number;
}

export class Judgement {
  readonly #late: Late[] = [];
  readonly #wrong: string[] = [];
  #wrongCount = 0;

  judge(timeline: Timeline, answer: Answer): void {
    const allowed = timeline.allowed(answer.sentMs, answer.answeredMs);
    if (allowed.has(answer.answer)) return;
    const text = describe(answer, allowed);
    const lateness = timeline.lateness(answer.answer, answer.sentMs);
    if (lateness === undefined) this.#count(text);
    else this.#late.push({ ...lateness, text, sentMs: answer.sentMs });
  }

  end(waits: Pick<ProcessorWaits, "waitedMs">): Verdict {
    let starved = 0;
    let starvedMs = 0;
    for (const { text, changedMs, dueMs, sentMs } of this.#late) {
      const lateMs = sentMs - dueMs;
      const waitedMs = waits.waitedMs(changedMs, sentMs);
      if (waitedMs >= lateMs) {
        starved += 1;
        starvedMs = Math.max(starvedMs, lateMs);
        continue;
      }
      const since = `of ${Math.round(sentMs - changedMs)} ms since the change`;
      this.#count(
        `${text}, late by ${Math.round(lateMs)} ms; ${since} programs waited for a processor for ${Math.round(waitedMs)}`,
      );
    }
    return { wrong: this.#wrong, wrongCount: this.#wrongCount, starved, starvedMs };
  }

  #count(text: string): void {
    this.#wrongCount += 1;
    if (this.#wrong.length < mostTold) this.#wrong.push(text);
  }
}

function describe(
  { answer, sentMs, answeredMs, asked }: Answer,
  allowed: ReadonlySet<string>,
): string {
  const right = [...allowed].join(" or ");
  return `${asked}: ${answer} instead of ${right}, after ${Math.round(answeredMs - sentMs)} ms at ${Math.round(sentMs)}`;
}
