/** A process that is killed at one of its calls to the outside: from then on nothing it does has an effect, and nothing answers it. */

import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import type { ObjectStore } from "#store/object-store.ts";

export class KilledLife {
  /** Moments before and behind calls so far. */
  passed = 0;
  readonly #killAt: number;
  readonly #died = Promise.withResolvers<void>();

  /** `killAt`: the moment, counted from 1, at which it dies. Infinity: it does not. */
  constructor(killAt: number) {
    this.#killAt = killAt;
  }

  /** Resolves when it is dead. */
  get died(): Promise<void> {
    return this.#died.promise;
  }

  /** The store as this life sees it: it may die before a write, and behind one. */
  store(real: ObjectStore): ObjectStore {
    return {
      get: (key) => this.#while(() => real.get(key)),
      list: (kind, namespace) => this.#while(() => real.list(kind, namespace)),
      watch: (from, signal) => real.watch(from, signal),
      create: (draft) => this.#around(() => real.create(draft)),
      replace: (key, draft, version) => this.#around(() => real.replace(key, draft, version)),
      apply: (draft) => this.#around(() => real.apply(draft)),
      replaceStatus: (key, status, version) =>
        this.#around(() => real.replaceStatus(key, status, version)),
      remove: (key, preconditions) => this.#around(() => real.remove(key, preconditions)),
    };
  }

  /** The door as this life sees it: it may die before a request, while that is under way, and behind the answer. */
  door(real: OutboundDoor): OutboundDoor {
    return {
      ...real,
      request: async (request, signal) => {
        await this.#pass();
        const underWay = real.request(request, signal);
        // What comes of it when nobody is left to hear is nobody's.
        underWay.catch(() => undefined);
        await this.#pass();
        const answer = await underWay;
        await this.#pass();
        return answer;
      },
    };
  }

  async #around<T>(call: () => Promise<T>): Promise<T> {
    await this.#pass();
    const answer = await call();
    await this.#pass();
    return answer;
  }

  async #while<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isDead()) await never();
    return await call();
  }

  async #pass(): Promise<void> {
    if (!this.#isDead()) this.passed += 1;
    if (!this.#isDead()) return;
    this.#died.resolve();
    await never();
  }

  #isDead(): boolean {
    return this.passed >= this.#killAt;
  }
}

function never(): Promise<never> {
  return Promise.withResolvers<never>().promise;
}
