/**
 * The seeds of session tickets in a Secret of ours, renewed, and read by every replica: a client resumes at any proxy, and
 * after restarts of all of them.
 */

import { createTicketSeed, ticketKey } from "#crypto/ticket-key.ts";
import type { TicketKeys } from "#envoy/secret-source.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { readSecret, secretKey, wasOvertaken, writeSecret } from "../stored-secret.ts";
import {
  formatSeeds,
  parseSeeds,
  sealingFirst,
  successorDue,
  type TicketSeed,
  usable,
} from "./ticket-seeds.ts";

export interface SessionTicketsDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Renewed until it is disposed of. */
export interface SessionTickets extends Disposable {
  readonly current: () => TicketKeys;
  /** Hears of every later one; the returned function stops it. */
  readonly subscribe: (listener: (keys: TicketKeys) => void) => () => void;
}

/** The name of the Secret; who reads it can read what was said in resumed sessions of TLS 1.2. */
export const ticketSecretName = "sekisho-session-tickets";

const entry = "seeds";

/** How late a replica may notice what another one wrote, or that a seed's turn has come; well within the lead of a seed. */
const longestRest = Temporal.Duration.from({ minutes: 10 });

/** A replica that cannot have a successor stored makes one of its own in time: RFC 8446 §4.6.1 gives a ticket seven days. */
const longestAlone = Temporal.Duration.from({ hours: 72 });

/** How often another writer may come first before it is left to a later turn. */
const maxAttempts = 6;

/**
 * Reads the seeds, or makes the first, then keeps them renewed. Where the store does not answer, or what is
 * ours is refused, this process goes on with what it knows, or with seeds of its own.
 */
export async function keepSessionTickets(
  deps: SessionTicketsDeps,
  settings: {
    /** Where the Secret is. */
    readonly namespace: string;
  },
): Promise<SessionTickets> {
  const keeper = new TicketKeeper(deps, settings.namespace);
  await keeper.turn();
  return {
    current: () => keeper.keys,
    subscribe: (listener) => {
      keeper.listeners.add(listener);
      return () => void keeper.listeners.delete(listener);
    },
    [Symbol.dispose]: () => keeper.close(),
  };
}

class TicketKeeper {
  keys: TicketKeys = () => [];
  readonly listeners = new Set<(keys: TicketKeys) => void>();
  readonly #deps: SessionTicketsDeps;
  readonly #namespace: string;
  #seeds: readonly TicketSeed[] = [];
  /** What the keys are made of. */
  #order = "";
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(deps: SessionTicketsDeps, namespace: string) {
    this.#deps = deps;
    this.#namespace = namespace;
  }

  async turn(): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      this.#seeds = await settleSeeds(this.#deps, this.#namespace);
    } catch (error) {
      log.warn("cannot renew the keys of session tickets, and tries again", {
        [logFields.error]: errorText(error),
      });
      this.#seeds = alone(this.#seeds, clock.now());
    }
    if (this.#isClosed) return;
    this.#tell();
    this.#wake = clock.after(longestRest, () => void this.turn());
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    this.listeners.clear();
  }

  #tell(): void {
    const seeds = sealingFirst(this.#seeds, this.#deps.clock.now());
    const order = seeds.map((seed) => Buffer.from(seed.reveal()).toString("base64")).join();
    if (order === this.#order) return;
    this.#order = order;
    this.keys = (purpose) => seeds.map((seed) => ticketKey(seed, purpose));
    for (const listener of this.listeners) listener(this.keys);
  }
}

/** Every replica does this; a write that another one came before is given up, and what that one wrote is read. */
async function settleSeeds(
  { store, clock, log }: SessionTicketsDeps,
  namespace: string,
): Promise<readonly TicketSeed[]> {
  const key = secretKey(namespace, ticketSecretName);
  for (let attempt = 1; ; attempt++) {
    const stored = await readSecret(store, key);
    const now = clock.now();
    const seeds = parseSeeds(Buffer.from(stored?.value(entry) ?? []).toString("utf8"));
    if (isBefore(now, successorDue(seeds, now))) return seeds;
    const next = withNewSeed(seeds, now);
    try {
      const values = { [entry]: formatSeeds(next) };
      await writeSecret(store, { key, type: "Opaque", values, replaces: stored });
      log.info("made new keys of session tickets", { [logFields.count]: next.length });
      return next;
    } catch (error) {
      if (!wasOvertaken(error) || attempt === maxAttempts) throw error;
    }
  }
}

function withNewSeed(seeds: readonly TicketSeed[], now: Temporal.Instant): readonly TicketSeed[] {
  return usable([{ madeAt: now, seed: createTicketSeed() }, ...seeds], now);
}

function alone(seeds: readonly TicketSeed[], now: Temporal.Instant): readonly TicketSeed[] {
  const [newest] = usable(seeds, now);
  const isFresh = newest !== undefined && isBefore(now, newest.madeAt.add(longestAlone));
  return isFresh ? seeds : withNewSeed(seeds, now);
}

function isBefore(a: Temporal.Instant, b: Temporal.Instant): boolean {
  return Temporal.Instant.compare(a, b) < 0;
}
