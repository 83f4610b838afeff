/** Answers to certificate authorities, known to be in force: those of Challenges that the pipeline has, at the proxies. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import type { ResourceName } from "#envoy/resource.ts";
import type { Clock } from "#runtime/clock.ts";

export interface ChallengeAnswersSettings<Asked> {
  /** As in `HTTP-01`. */
  readonly type: string;
  /** What the pipeline answers now, as of the last publication. */
  readonly answers: () => readonly (Asked & { readonly origin: Origin })[];
  /** Tells one answer from another. */
  readonly textOf: (asked: Asked) => string;
  /** What proxies have that answer so. */
  readonly resourcesOf: (asked: Asked) => readonly ResourceName[];
  /** Whether these are in force at every proxy that serves; false when that took too long. */
  readonly inForce: (names: readonly ResourceName[]) => Promise<boolean>;
  /** Where an authority asks. */
  readonly port: number;
  /** How it is opened there: `--http 80`. */
  readonly portOption: string;
  /** The ports where clients reach the proxies; empty: nobody knows. */
  readonly ports: () => readonly number[];
}

/** A Challenge was written before it is asked about: its answer is published in a moment. */
const longestWait = Temporal.Duration.from({ seconds: 10 });

export class ChallengeAnswers<Asked> {
  readonly #clock: Clock;
  readonly #settings: ChallengeAnswersSettings<Asked>;
  #published: ReadonlySet<string> = new Set();
  #turn = Promise.withResolvers<void>();

  constructor(deps: { readonly clock: Clock }, settings: ChallengeAnswersSettings<Asked>) {
    this.#clock = deps.clock;
    this.#settings = settings;
  }

  /** Something was published; undefined: there was no answer, and there is none. */
  applied(): readonly Finding[] | undefined {
    const { answers, textOf } = this.#settings;
    const now = answers();
    if (now.length === 0 && this.#published.size === 0) return undefined;
    this.#published = new Set(now.map(textOf));
    this.#turn.resolve();
    this.#turn = Promise.withResolvers();
    return this.#findings(now);
  }

  /** Whether every proxy that serves gives an answer; waits for it for a while. */
  async answered(asked: Asked, signal: AbortSignal): Promise<boolean> {
    const { textOf, resourcesOf, inForce } = this.#settings;
    const late = Promise.withResolvers<"late">();
    const cancel = this.#clock.after(longestWait, () => late.resolve("late"));
    const abort = (): void => late.resolve("late");
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!this.#published.has(textOf(asked))) {
        if ((await Promise.race([this.#turn.promise, late.promise])) === "late") return false;
      }
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
    return await inForce(resourcesOf(asked));
  }

  /** What keeps an authority from asking at all, as a sentence. */
  obstacle(): string | undefined {
    const { type, port, ports } = this.#settings;
    const served = ports();
    return served.length === 0 || served.includes(port)
      ? undefined
      : `${type} needs port ${port}, and clients are served on port ${served.join(", ")} here`;
  }

  #findings(answers: readonly { readonly origin: Origin }[]): readonly Finding[] {
    const obstacle = this.obstacle();
    if (obstacle === undefined) return [];
    const { port, portOption } = this.#settings;
    return answers.map(({ origin }) => ({
      severity: "warning",
      reason: "ChallengePort",
      origin,
      message: `${obstacle}: a certificate authority on the internet does not find the answer`,
      advice: `serve port ${port} (${portOption}), or have what is in front pass port ${port} on`,
    }));
  }
}
