/** What a stream was sent of one type and how it answered: for people and for `sekisho status`. */

import type { ResourceType } from "#envoy/resource.ts";
import type { Subscription } from "./subscription.ts";

export interface LastRefusal {
  readonly at: Temporal.Instant;
  /** Envoy's own text. */
  readonly message: string;
  /** All names of the refused response: the guilty one is among them. */
  readonly names: readonly string[];
}

export interface TypeStatus {
  readonly type: ResourceType;
  readonly wildcard: boolean;
  /** Names asked for one by one. */
  readonly askedNames: number;
  readonly sentResponses: number;
  readonly sentResources: number;
  readonly sentRemovals: number;
  readonly acknowledgedResponses: number;
  readonly refusedResponses: number;
  readonly unansweredResponses: number;
  /** Some of what was not sent yet, with what it is: `held`, `kept`, `pending`, `leaving`. */
  readonly waiting: readonly string[];
  /** Names that are refused at the content they have now or had last. */
  readonly refusedNames: number;
  readonly lastRefusal: LastRefusal | undefined;
}

export class TypeCounts {
  #responses = 0;
  #resources = 0;
  #removals = 0;
  #acknowledged = 0;
  #refused = 0;
  #lastRefusal: LastRefusal | undefined;

  sent(resources: number, removals: number): void {
    this.#responses += 1;
    this.#resources += resources;
    this.#removals += removals;
  }

  acknowledged(): void {
    this.#acknowledged += 1;
  }

  refused(refusal: LastRefusal): void {
    this.#refused += 1;
    this.#lastRefusal = refusal;
  }

  /** The counts beside the state of the subscription they are of. */
  status(subscription: Subscription): TypeStatus {
    return {
      type: subscription.type,
      wildcard: subscription.wildcard,
      askedNames: subscription.nameCount,
      sentResponses: this.#responses,
      sentResources: this.#resources,
      sentRemovals: this.#removals,
      acknowledgedResponses: this.#acknowledged,
      refusedResponses: this.#refused,
      unansweredResponses: subscription.unansweredCount,
      waiting: subscription.waiting,
      refusedNames: subscription.refused.size,
      lastRefusal: this.#lastRefusal,
    };
  }
}
