/** Clients that keep connections open for a while, one for each server, address and trust. */

import type { Clock } from "#runtime/clock.ts";
import type { HttpClient, HttpClients } from "#runtime/http/http-client.ts";
import type { OutboundTrust } from "./outbound-door.ts";

export interface PoolTarget {
  /** `https://host:port` */
  readonly origin: string;
  readonly address: string;
  readonly trust: OutboundTrust | undefined;
}

/** Beyond it the one that was not used for longest is closed. */
const mostClients = 64;

/** Servers close connections that rest; before that we do, so that no request meets a closing one. */
const rest = Temporal.Duration.from({ seconds: 10 });

interface Pooled {
  readonly client: HttpClient;
  /** How many use it now. */
  users: number;
  cancelRest?: () => void;
}

export class ClientPool {
  readonly #clock: Clock;
  readonly #clients: HttpClients;
  /** In order of use. */
  readonly #pooled = new Map<string, Pooled>();

  constructor({ clock, clients }: { readonly clock: Clock; readonly clients: HttpClients }) {
    this.#clock = clock;
    this.#clients = clients;
  }

  /** Lets `ask` use the client for a target. */
  async use<T>(target: PoolTarget, ask: (client: HttpClient) => Promise<T>): Promise<T> {
    const key = keyOf(target);
    const pooled = this.#pooled.get(key) ?? { client: this.#make(target), users: 0 };
    pooled.cancelRest?.();
    pooled.users++;
    this.#pooled.delete(key);
    this.#pooled.set(key, pooled);
    this.#shrink();
    try {
      return await ask(pooled.client);
    } finally {
      pooled.users--;
      // One that was closed in the meantime is out of the pool.
      const isPooled = this.#pooled.get(key) === pooled;
      if (pooled.users === 0 && isPooled)
        pooled.cancelRest = this.#clock.after(rest, () => this.#drop(key));
    }
  }

  /** Closes all connections, also those in use. */
  close(): void {
    for (const { client, cancelRest } of this.#pooled.values()) {
      cancelRest?.();
      client.close();
    }
    this.#pooled.clear();
  }

  #make({ origin, address, trust = {} }: PoolTarget): HttpClient {
    const { authorities, unverified = false } = trust;
    const trusted = authorities === undefined ? {} : { trusted: authorities };
    return this.#clients.to({ url: origin, address, unverified, ...trusted });
  }

  #shrink(): void {
    const resting = [...this.#pooled].filter(([, { users }]) => users === 0);
    for (const [key] of resting.slice(0, Math.max(0, this.#pooled.size - mostClients)))
      this.#drop(key);
  }

  #drop(key: string): void {
    const pooled = this.#pooled.get(key);
    this.#pooled.delete(key);
    pooled?.cancelRest?.();
    pooled?.client.closeIdle();
  }
}

function keyOf({ origin, address, trust = {} }: PoolTarget): string {
  return [origin, address, trust.unverified ?? false, trust.authorities ?? ""].join("\n");
}
