/** Waiting until every connected proxy has answered for everything that was published up to now. */

import type { PublishedResources } from "./published-resources.ts";
import type { ProxyStream } from "./streams/proxy-stream.ts";
import type { RefusedName } from "./xds-events.ts";

export interface Programmed {
  /** How many proxies answered. */
  readonly proxies: number;
  /** What they refused and still refuse; empty when everything is in force everywhere. */
  readonly refused: readonly RefusedName[];
}

/** Types of which a proxy is expected to ask for everything. It asks for endpoints before it acknowledges their cluster; secrets may be fetched on demand. */
const expectedTypes = ["cluster", "listener", "scope", "routes"] as const;

interface Waiter {
  readonly revision: number;
  readonly minProxies: number;
  readonly resolve: (programmed: Programmed) => void;
}

export class ProgrammedWaiters {
  readonly #published: PublishedResources;
  readonly #streams: ReadonlySet<ProxyStream>;
  readonly #waiters = new Set<Waiter>();

  constructor(published: PublishedResources, streams: ReadonlySet<ProxyStream>) {
    this.#published = published;
    this.#streams = streams;
  }

  /** Resolves once at least `minProxies` are connected and all that are have answered; rejects when aborted. */
  wait(minProxies: number, signal?: AbortSignal): Promise<Programmed> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Programmed>();
    const waiter = { revision: this.#published.revision, minProxies, resolve };
    this.#waiters.add(waiter);
    const abort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.check();
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Looks whether waiters may go: call it after anything that can settle a stream. */
  check(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isSettled(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve({
        proxies: this.#proxies().length,
        refused: [...this.#streams].flatMap((stream) => stream.refusals()),
      });
    }
  }

  #proxies(): readonly ProxyStream[] {
    return [...this.#streams].filter((stream) => stream.kind === "aggregated");
  }

  #isSettled({ revision, minProxies }: Waiter): boolean {
    if (this.#proxies().length < minProxies) return false;
    for (const stream of this.#streams) {
      for (const subscription of stream.subscriptions()) {
        if (subscription.oldestUnsettled() <= revision) return false;
      }
    }
    return this.#proxies().every((stream) => this.#askedForAll(stream, revision));
  }

  /** A proxy that refused something may never ask for what that refers to. */
  #askedForAll(stream: ProxyStream, revision: number): boolean {
    if (stream.refusals().length > 0) return true;
    return expectedTypes.every((type) => {
      const subscription = stream.subscription(type);
      if (subscription?.wildcard) return true;
      for (const [name, { since }] of this.#published.all(type)) {
        if (since <= revision && subscription?.asksFor(name) !== true) return false;
      }
      return true;
    });
  }
}
