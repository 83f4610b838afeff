/**
 * Asks the other replicas whether their proxies have what changed: one call for each batch of names, and again for what
 * is left of it.
 *
 * A replica that does not answer for 10 s, or does not have what we have, is named and not waited for until it does. It
 * judges by itself which of its proxies are silent.
 */

import type { Clock } from "#runtime/clock.ts";
import { type Http2Client, Http2ClientError } from "#runtime/http/http2-client.ts";
import type { TlsIdentity } from "#runtime/http/http2-server.ts";
import { pause } from "#runtime/pause.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import type { NameAtVersion } from "#xds/settlement.ts";
import type { Peer } from "./peers.ts";
import { type Answer, mostNames, parseAnswer, questionPath } from "./question.ts";

export interface AskingDeps {
  readonly clock: Clock;
  readonly http2Client: Http2Client;
  readonly log: Log;
}

export interface AskingSettings {
  /** The other replicas there are now. */
  readonly peers: () => Promise<readonly Peer[]>;
  /** What we show them. */
  readonly identity: () => TlsIdentity;
  /** Whom they must be. */
  readonly serverName: string;
  /** A name with the version it has now: while we ask, it may change. */
  readonly now: (name: NameAtVersion) => NameAtVersion;
  /** Called when {@link Asking.replicas} says something else. */
  readonly changed: () => void;
}

/** Another replica, as far as we waited for it. */
export interface ReplicaState {
  readonly name: string;
  readonly address: string;
  /** Why it is not waited for. */
  readonly problem?: string;
  /** Proxies there that have not answered. */
  readonly silent: readonly string[];
}

/** How long a replica, and what its proxies lack, is waited for. */
const longestWait = Temporal.Duration.from({ seconds: 10 });
/** A call takes no longer; the answer is due after a second. */
const longestCall = Temporal.Duration.from({ seconds: 5 });
const askAgainAfter = Temporal.Duration.from({ milliseconds: 200 });

interface Known {
  readonly state: ReplicaState;
  readonly asking: Promise<void> | undefined;
}

interface Heard {
  readonly summary: Pick<ReplicaState, "problem" | "silent">;
  /** Whether it answered the last time. */
  readonly isHeard: boolean;
  /** What its proxies do not have, as far as it said. */
  readonly left: readonly NameAtVersion[];
  /** Those that are connected there. */
  readonly proxies: readonly string[];
}

export class Asking {
  readonly #deps: AskingDeps;
  readonly #settings: AskingSettings;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Known>();

  constructor(deps: AskingDeps, settings: AskingSettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  /** The other replicas, as they were last. */
  replicas(): readonly ReplicaState[] {
    return [...this.#known.values()].map(({ state }) => state);
  }

  /** Resolves when every replica that is waited for has said that its proxies have these, or was waited for long enough. */
  async settled(names: readonly NameAtVersion[]): Promise<void> {
    const peers = await this.#settings.peers();
    this.#forgetAllBut(peers);
    await Promise.all(
      peers.map((peer) => {
        const known = this.#known.get(peer.name);
        const isSilent = known?.state.problem !== undefined;
        if (isSilent && known?.asking !== undefined) return undefined;
        const asking = this.#begin(peer, names);
        return isSilent ? undefined : asking;
      }),
    );
  }

  /** Whether every replica that answers has said in good time that its proxies have these, and which proxies those are. */
  async hear(
    names: readonly NameAtVersion[],
  ): Promise<{ readonly haveAll: boolean; readonly proxies: readonly string[] }> {
    const peers = await this.#settings.peers();
    const heard = await Promise.all(peers.map((peer) => this.#hear(peer, names)));
    return {
      haveAll: heard.every(({ isHeard, left }) => !isHeard || left.length === 0),
      proxies: heard.flatMap(({ proxies }) => proxies),
    };
  }

  /** Nobody is asked any more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#known.values()].map(({ asking }) => asking));
  }

  #begin(peer: Peer, names: readonly NameAtVersion[]): Promise<void> {
    const asking = this.#ask(peer, names).then((state) => {
      if (state === undefined || !this.#known.has(peer.name)) return;
      this.#note({ state, asking: undefined });
      if (state.problem === undefined && state.silent.length === 0) return;
      this.#askLater(peer);
    });
    const state = this.#known.get(peer.name)?.state;
    this.#note({ state: state ?? { name: peer.name, address: peer.host, silent: [] }, asking });
    return asking;
  }

  /** What was named is named until it is well: somebody has to look. */
  #askLater(peer: Peer): void {
    const cancel = this.#deps.clock.after(longestWait, () => {
      this.#stopping.signal.removeEventListener("abort", cancel);
      const known = this.#known.get(peer.name);
      if (known !== undefined && known.asking === undefined) void this.#begin(peer, []);
    });
    this.#stopping.signal.addEventListener("abort", cancel, { once: true });
  }

  async #ask(peer: Peer, names: readonly NameAtVersion[]): Promise<ReplicaState | undefined> {
    const { summary } = await this.#hear(peer, names);
    if (this.#stopping.signal.aborted) return undefined;
    return { name: peer.name, address: peer.host, ...summary };
  }

  /** Asks until nothing is left, or has been waited for long enough. */
  async #hear(peer: Peer, names: readonly NameAtVersion[]): Promise<Heard> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + longestWait.total("milliseconds");
    let left = names;
    let summary: Heard["summary"] = { silent: [] };
    let proxies: readonly string[] = [];
    let isHeard = false;
    do {
      try {
        const answers = await this.#askOnce(peer, left.map(this.#settings.now));
        left = answers.flatMap(({ left: some }) => some);
        summary = summaryOf(answers);
        proxies = answers[0]?.proxies ?? [];
        isHeard = true;
      } catch (error) {
        if (!(error instanceof Http2ClientError)) throw error;
        summary = { problem: `it does not answer: ${error.message}`, silent: [] };
        proxies = [];
        isHeard = false;
      }
      if (summary.problem === undefined && left.length === 0) break;
      await pause(clock, askAgainAfter, this.#stopping.signal);
    } while (clock.monotonicMs() < endMs && !this.#stopping.signal.aborted);
    return { summary, isHeard, left, proxies };
  }

  /** One call for each thousands of names, one after the other; those that are not settled. */
  async #askOnce(
    peer: Peer,
    names: readonly NameAtVersion[],
  ): Promise<readonly (Answer & { readonly left: readonly NameAtVersion[] })[]> {
    const answers: (Answer & { readonly left: readonly NameAtVersion[] })[] = [];
    for (let from = 0; from === 0 || from < names.length; from += mostNames) {
      const some = names.slice(from, from + mostNames);
      const answer = await this.#call(peer, some);
      const unsettled = new Set(answer.unsettled);
      answers.push({
        ...answer,
        left: some.filter((_, index) => unsettled.has(index)),
      });
    }
    return answers;
  }

  async #call({ host, port }: Peer, names: readonly NameAtVersion[]): Promise<Answer> {
    const { clock, http2Client } = this.#deps;
    const { identity, serverName } = this.#settings;
    const late = new AbortController();
    const stop = clock.after(longestCall, () => late.abort(new Error("too late")));
    const question = {
      ...{ host, port, serverName, identity: identity(), path: questionPath },
      body: JSON.stringify({ names }),
    };
    try {
      const signal = AbortSignal.any([late.signal, this.#stopping.signal]);
      const { status, body } = await http2Client.ask(question, signal);
      const answer = status === 200 ? parseAnswer(body) : undefined;
      if (answer?.ok === true) return answer.value;
      throw new Http2ClientError("unreachable", `it answers ${status} ${body.slice(0, 200)}`);
    } finally {
      stop();
    }
  }

  #note(known: Known): void {
    const { name, problem } = known.state;
    const before = this.#known.get(name);
    this.#known.set(name, known);
    if (JSON.stringify(before?.state) === JSON.stringify(known.state)) return;
    if (problem !== undefined && problem !== before?.state.problem) {
      this.#deps.log.warn("another replica is not waited for", {
        [logFields.pod]: name,
        [logFields.error]: problem,
      });
    }
    this.#settings.changed();
  }

  #forgetAllBut(peers: readonly Peer[]): void {
    const gone = [...this.#known.keys()].filter(
      (name) => !peers.some((peer) => peer.name === name),
    );
    for (const name of gone) this.#known.delete(name);
    if (gone.length > 0) this.#settings.changed();
  }
}

/** What is not settled and no proxy lacks, the replica itself does not have. */
function summaryOf(
  answers: readonly (Answer & { readonly left: readonly NameAtVersion[] })[],
): Pick<ReplicaState, "problem" | "silent"> {
  const silent = new Set(answers.flatMap((answer) => [...answer.silent, ...answer.lacking]));
  const behind = answers.some(({ left, lacking }) => left.length > 0 && lacking.length === 0);
  return {
    silent: [...silent].sort(),
    ...(behind ? { problem: "it does not have what this one has" } : {}),
  };
}
