/** Requests to hosts that nobody changes, all the time while others are changed: none may be answered wrongly. */

import { HttpProbe } from "./http-probe.ts";
import { pause } from "./waiting.ts";

export interface Bystander {
  readonly host: string;
  readonly path: string;
  /** The body that is right. */
  readonly body: string;
}

export interface Watched {
  readonly requests: number;
  /** Answers other than 200 with the right body, and requests without an answer. */
  readonly wrong: number;
  readonly connectionsEnded: number;
}

/** Between two requests: often enough to see a gap of some milliseconds, seldom enough to cost little. */
const usuallyEveryMs = 2;

/** Disposing it ends it also when nobody waits for what it saw. */
export interface Watch extends Disposable {
  /** So far. */
  readonly now: () => Watched;
  readonly stop: () => Promise<Watched>;
}

/** Asks the hosts in turn until stopped, each on a connection of its own that is kept; over TLS by the hosts' names. */
export function watchBystanders(
  port: number,
  hosts: readonly Bystander[],
  over: "clear text" | "TLS",
  everyMs = usuallyEveryMs,
): Watch {
  const probes = hosts.map((asked) => ({
    asked,
    probe: new HttpProbe(port, over === "TLS" ? asked.host : undefined),
  }));
  const state = { isWatching: true, requests: 0, wrong: 0 };
  const watching = (async (): Promise<void> => {
    for (let turn = 0; state.isWatching; turn += 1) {
      const next = probes[turn % probes.length];
      if (next === undefined) return;
      state.requests += 1;
      if (!(await isRight(next.probe, next.asked))) state.wrong += 1;
      await pause(everyMs);
    }
  })();
  const now = (): Watched => ({
    requests: state.requests,
    wrong: state.wrong,
    connectionsEnded: probes.reduce((sum, { probe }) => sum + probe.connectionsEnded, 0),
  });
  return {
    now,
    [Symbol.dispose]: () => {
      state.isWatching = false;
      for (const { probe } of probes) probe.close();
    },
    stop: async () => {
      state.isWatching = false;
      await watching;
      const watched = now();
      for (const { probe } of probes) probe.close();
      return watched;
    },
  };
}

async function isRight(probe: HttpProbe, { host, path, body }: Bystander): Promise<boolean> {
  try {
    const answer = await probe.ask(host, path);
    return answer.status === 200 && answer.body === body;
  } catch {
    // No answer is a wrong answer; the next request opens a new connection.
    return false;
  }
}
