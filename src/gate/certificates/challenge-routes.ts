/** Answers to certificate authorities, known to be in force: the routes of Challenges that the pipeline has, at the proxies. */

import type { Finding } from "#base/finding.ts";
import type { SolverRoutes } from "#certificates/solvers/http-01/solver-routes.ts";
import type { ResourceName } from "#envoy/resource.ts";
import { hostResourceName } from "#envoy/routes/scope.ts";
import { answeredHost, type SolverAnswer, type SolverRoute } from "#model/solver-route.ts";
import type { Clock } from "#runtime/clock.ts";

export interface ChallengeRoutesSettings {
  /** What the pipeline answers now, as of the last publication. */
  readonly answers: () => readonly SolverAnswer[];
  /** Whether these are in force at every proxy that serves; false when that took too long. */
  readonly inForce: (names: readonly ResourceName[]) => Promise<boolean>;
  /** The ports where clients reach the proxies; empty: nobody knows. */
  readonly ports: () => readonly number[];
  readonly found: (findings: readonly Finding[]) => void;
}

/** A Challenge was written before it is asked about: its route is published in a moment. */
const longestWait = Temporal.Duration.from({ seconds: 10 });

const challengePort = 80;

export class ChallengeRoutes implements SolverRoutes {
  readonly #clock: Clock;
  readonly #settings: ChallengeRoutesSettings;
  #published: ReadonlySet<string> = new Set();
  #turn = Promise.withResolvers<void>();

  constructor(deps: { readonly clock: Clock }, settings: ChallengeRoutesSettings) {
    this.#clock = deps.clock;
    this.#settings = settings;
  }

  /** Something was published. */
  applied(): void {
    const answers = this.#settings.answers();
    if (answers.length === 0 && this.#published.size === 0) return;
    this.#published = new Set(answers.map(textOf));
    this.#turn.resolve();
    this.#turn = Promise.withResolvers();
    this.#settings.found(this.#findings(answers));
  }

  async answered(route: SolverRoute, signal: AbortSignal): Promise<boolean> {
    const late = Promise.withResolvers<"late">();
    const cancel = this.#clock.after(longestWait, () => late.resolve("late"));
    const abort = (): void => late.resolve("late");
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!this.#published.has(textOf(route))) {
        if ((await Promise.race([this.#turn.promise, late.promise])) === "late") return false;
      }
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
    const name = hostResourceName(answeredHost(route));
    return await this.#settings.inForce([
      { type: "routes", name },
      { type: "scope", name },
    ]);
  }

  obstacle(): string | undefined {
    const ports = this.#settings.ports();
    return ports.length === 0 || ports.includes(challengePort)
      ? undefined
      : `HTTP-01 needs port 80, and clients are served on port ${ports.join(", ")} here`;
  }

  #findings(answers: readonly SolverAnswer[]): readonly Finding[] {
    const obstacle = this.obstacle();
    if (obstacle === undefined) return [];
    return answers.map(({ origin }) => ({
      severity: "warning",
      reason: "ChallengePort",
      origin,
      message: `${obstacle}: a certificate authority on the internet does not find the answer`,
      advice: "serve port 80 (--http 80), or have what is in front pass port 80 on",
    }));
  }
}

function textOf({ host, token }: SolverRoute): string {
  return `${host} ${token}`;
}
