/**
 * Make before break, for one proxy: what needs something is sent once the proxy has that in force.
 *
 *   routes    wait until the authorization adapter has the policies that they name; for their clusters and these clusters' endpoints; Envoy acknowledges a cluster with active health
 *             checks only after their first round, so they wait for that as well
 *   listener  waits for those of its secrets that the proxy asks for; it asks for the others when it has the listener
 *   index     waits for the routes of the wildcard hosts in it; not among a proxy's first scopes, where listeners wait
 *
 * Waiting is for what was published up to the change that waits: what changes all the time holds up nobody for ever.
 */

import type { Relations, ResourceName, ResourceType } from "#envoy/resource.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Possession } from "./possession.ts";

/** After so long a person is told. */
const longestHold = Temporal.Duration.from({ seconds: 30 });

/** What waits at a proxy for longer than {@link longestHold}, and for what. */
export interface HeldName {
  readonly held: ResourceName;
  readonly waitsFor: ResourceName;
}

/** What a stream knows of one type. */
export interface OrderedSubscription {
  readonly asksFor: (name: string) => boolean;
  /** Whether something published up to that revision is not answered for. */
  readonly isUnsettled: (name: string, revision: number) => boolean;
  /** The name may be sent. */
  readonly release: (name: string) => void;
}

export interface OrderingDeps {
  readonly clock: Clock;
  readonly possession: Possession;
  readonly subscription: (type: ResourceType) => OrderedSubscription | undefined;
  /** Whether there is something to offer under a name. */
  readonly isOffered: (name: ResourceName) => boolean;
  /** Whether who stands beside the proxy has what was published under a name up to that revision: its authorization adapter. */
  readonly isInForceBeside: (name: ResourceName, revision: number) => boolean;
  /** {@link Ordering.overdue} has changed. */
  readonly overdueChanged: () => void;
}

interface Waiting extends HeldName {
  readonly revision: number;
  readonly needs: readonly ResourceName[];
  readonly sinceMs: number;
  isOverdue: boolean;
}

export class Ordering {
  readonly #deps: OrderingDeps;
  /** By what waits. */
  readonly #waiting = new Map<string, Waiting>();
  /** By what is waited for: keys of {@link #waiting}. */
  readonly #waiters = new Map<string, Set<string>>();
  #cancelTimer: (() => void) | undefined;

  constructor(deps: OrderingDeps) {
    this.#deps = deps;
  }

  /** Whether the name has to wait with this content; if so it is released later. */
  holds(name: ResourceName, { needs = [] }: Relations, revision: number): boolean {
    const key = keyOf(name);
    const sinceMs = this.#waiting.get(key)?.sinceMs ?? this.#deps.clock.monotonicMs();
    this.cancel(name);
    const waitsFor = this.#missing(needs, revision);
    if (waitsFor === undefined) return false;
    this.#wait(key, { held: name, waitsFor, needs, revision, sinceMs, isOverdue: false });
    return true;
  }

  /** The name no longer wants to be sent. */
  cancel(name: ResourceName): void {
    const key = keyOf(name);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.#forget(key, waiting);
    if (this.#waiting.size === 0) this.close();
    if (waiting.isOverdue) this.#deps.overdueChanged();
  }

  /** Something happened to these names of a type: whoever waits for one looks again. */
  touched(type: ResourceType, names: Iterable<string>): void {
    if (this.#waiters.size === 0) return;
    for (const name of names) {
      for (const key of [...(this.#waiters.get(keyOf({ type, name })) ?? [])]) this.#lookAgain(key);
    }
  }

  /** Which of `needs` the proxy does not have in force. */
  missing(needs: readonly ResourceName[], revision: number): readonly ResourceName[] {
    return needs.filter((need) => this.#missing([need], revision) !== undefined);
  }

  /** What waits for longer than {@link longestHold}. */
  overdue(): readonly HeldName[] {
    return [...this.#waiting.values()].filter(({ isOverdue }) => isOverdue);
  }

  /** Frees the timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #lookAgain(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    const waitsFor = this.#missing(waiting.needs, waiting.revision);
    if (waitsFor === undefined) {
      this.cancel(waiting.held);
      this.#deps.subscription(waiting.held.type)?.release(waiting.held.name);
      return;
    }
    this.#forget(key, waiting);
    this.#wait(key, { ...waiting, waitsFor });
  }

  #wait(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    const on = keyOf(waiting.waitsFor);
    const waiters = this.#waiters.get(on);
    if (waiters === undefined) this.#waiters.set(on, new Set([key]));
    else waiters.add(key);
    this.#cancelTimer ??= this.#deps.clock.after(longestHold, () => this.#lookAtClock());
  }

  #forget(key: string, { waitsFor }: Waiting): void {
    const on = keyOf(waitsFor);
    const waiters = this.#waiters.get(on);
    waiters?.delete(key);
    if (waiters?.size === 0) this.#waiters.delete(on);
  }

  /** The first of `needs`, or of what these use, that the proxy has not in force. */
  #missing(needs: readonly ResourceName[], revision: number): ResourceName | undefined {
    for (const need of needs) {
      if (need.type === "policy") {
        if (this.#deps.isInForceBeside(need, revision)) continue;
        return need;
      }
      const subscription = this.#deps.subscription(need.type);
      if (need.type === "secret" && subscription?.asksFor(need.name) !== true) {
        if (this.#deps.isOffered(need)) continue;
        return need;
      }
      const content = this.#deps.possession.settledContent(need);
      const unsettled = subscription?.isUnsettled(need.name, revision) ?? true;
      if (content === undefined || unsettled) return need;
      if (content.kind !== "resource") continue;
      const used = this.#missing(content.resource.uses ?? [], revision);
      if (used !== undefined) return used;
    }
    return undefined;
  }

  /** Who waits for long is told of. What the proxy has nothing of goes out all the same: a 503 is better than a listener that never warms. */
  #lookAtClock(): void {
    this.#cancelTimer = undefined;
    const now = this.#deps.clock.monotonicMs();
    const limit = longestHold.total("milliseconds");
    let changed = false;
    for (const waiting of [...this.#waiting.values()]) {
      if (now - waiting.sinceMs < limit) continue;
      if (this.#deps.possession.newest(waiting.held) === undefined) {
        this.cancel(waiting.held);
        this.#deps.subscription(waiting.held.type)?.release(waiting.held.name);
        continue;
      }
      changed ||= !waiting.isOverdue;
      waiting.isOverdue = true;
    }
    if (this.#waiting.size > 0) {
      this.#cancelTimer ??= this.#deps.clock.after(longestHold, () => this.#lookAtClock());
    }
    if (changed) this.#deps.overdueChanged();
  }
}

function keyOf({ type, name }: ResourceName): string {
  return `${type} ${name}`;
}
