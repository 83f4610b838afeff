/** The policies that the adapter judges by, under the names that Envoy's routes call them by. */

import type { Json } from "#base/json.ts";
import type { Clock } from "#runtime/clock.ts";
import { closedPolicy, openPolicy } from "../contracts/all.ts";
import type { ContractDeps, PolicyJudge } from "../contracts/contract-kind.ts";

/**
 * A policy that is taken away is kept for so long: an Envoy that was not reached yet still has routes that name it, and
 * what they protect would be closed to those who may pass.
 */
const keptFor = Temporal.Duration.from({ minutes: 10 });

interface Held {
  readonly judge: PolicyJudge;
  /** Set while it is only kept. */
  readonly cancel?: () => void;
}

export class PolicyStore {
  readonly #deps: ContractDeps;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor(deps: ContractDeps) {
    this.#deps = deps;
    this.#clock = deps.clock;
  }

  /** Judges by this from now on. */
  set(name: string, policy: Json): void {
    const before = this.#held.get(name);
    before?.cancel?.();
    this.#held.set(name, { judge: openPolicy(policy, this.#deps) });
    before?.judge.close();
  }

  /** It is no longer wanted. */
  remove(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined || held.cancel !== undefined) return;
    const cancel = this.#clock.after(keptFor, () => {
      this.#held.delete(name);
      held.judge.close();
    });
    this.#held.set(name, { judge: held.judge, cancel });
  }

  /** The judge of a policy; of one that nobody told us of: one who lets nobody pass. */
  find(name: string): PolicyJudge {
    return this.#held.get(name)?.judge ?? unknownPolicy;
  }

  get size(): number {
    return this.#held.size;
  }

  close(): void {
    for (const { judge, cancel } of this.#held.values()) {
      cancel?.();
      judge.close();
    }
    this.#held.clear();
  }
}

const unknownPolicy = closedPolicy(503);
