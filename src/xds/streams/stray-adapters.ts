/**
 * An adapter that reached another replica than its Envoy is sent away: routes that name policies wait for an adapter
 * beside their Envoy, and apart from it they would wait for ever. It comes back over the same address, to any replica,
 * until both are at one.
 */

import type { Clock } from "#runtime/clock.ts";
import type { ProxyStream } from "./proxy-stream.ts";

/** At the start of a pod, the one of both that is first waits so long for the other. */
const patience = Temporal.Duration.from({ seconds: 2 });

export class StrayAdapters {
  readonly #clock: Clock;
  readonly #streams: ReadonlySet<ProxyStream>;
  /** Of adapters that are alone. */
  readonly #cancels = new Map<ProxyStream, () => void>();

  constructor(clock: Clock, streams: ReadonlySet<ProxyStream>) {
    this.#clock = clock;
    this.#streams = streams;
  }

  /** To be called when a stream was opened or closed. */
  look(): void {
    const envoys = new Set<string>();
    for (const { kind, identity } of this.#streams)
      if (kind === "aggregated") envoys.add(identity.proxy);
    for (const [stream, cancel] of this.#cancels) {
      if (this.#streams.has(stream) && !envoys.has(stream.identity.proxy)) continue;
      cancel();
      this.#cancels.delete(stream);
    }
    for (const stream of this.#streams) {
      const isAlone = stream.kind === "policies" && !envoys.has(stream.identity.proxy);
      if (!isAlone || this.#cancels.has(stream)) continue;
      this.#cancels.set(
        stream,
        this.#clock.after(patience, () => stream.end()),
      );
    }
  }
}
