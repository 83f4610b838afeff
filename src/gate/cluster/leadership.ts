/**
 * Who of several replicas writes: the holder of a Lease (coordination.k8s.io/v1), renewed as client-go's leader election
 * does it, with the same times, so that people know what they see.
 *
 * A lease is no fence: a holder that was stopped may write once more after another has taken over. So what must not be
 * lost is written by compare-and-swap; the lease only keeps replicas from doing the same work twice.
 */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";

/** A Lease as the API serves it. */
export const leaseResource = {
  id: "Lease.coordination.k8s.io",
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  // A renewal that waits for its turn would lose the lease to another replica.
  priority: "urgent",
} as const;

/** Milliseconds; client-go's defaults (`leaderelection.LeaderElectionConfig`). */
const leaseMs = 15_000;
const renewWithinMs = 10_000;
const retryMs = 2_000;
/** Replicas that start together do not ask together. */
const jitter = 0.2;

export interface LeadershipDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Pick<ObjectStore, "get" | "create" | "replace">;
}

export interface LeadershipSettings {
  readonly namespace: string;
  readonly name: string;
  /** Tells the replicas apart: the pod's name. */
  readonly identity: string;
  /** Told when it begins and ends. */
  readonly changed: (isLeader: boolean) => void;
}

export interface Leadership {
  readonly isLeader: () => boolean;
  /** Gives the lease up, so that another takes over at once. */
  readonly stop: () => Promise<void>;
}

/** Tries to hold the lease until stopped. */
export function seekLeadership(deps: LeadershipDeps, settings: LeadershipSettings): Leadership {
  const candidate = new Candidate(deps, settings);
  const stopping = new AbortController();
  const ended = candidate.run(stopping.signal);
  return {
    isLeader: () => candidate.isLeader,
    stop: async () => {
      stopping.abort();
      await ended;
      await candidate.release();
    },
  };
}

interface Seen {
  /** What the holder wrote last; changes at every renewal. */
  readonly mark: string;
  /** When we first saw it, by our own clock: clocks of machines differ. */
  readonly atMs: number;
}

class Candidate {
  readonly #deps: LeadershipDeps;
  readonly #settings: LeadershipSettings;
  readonly #key: ObjectKey;
  #seen: Seen | undefined;
  #renewedAtMs: number | undefined;
  #isLeader = false;

  constructor(deps: LeadershipDeps, settings: LeadershipSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#key = { kind: leaseResource.id, namespace: settings.namespace, name: settings.name };
  }

  /** Who could not renew in time is no leader any more, whatever the lease says. */
  get isLeader(): boolean {
    return this.#isLeader && !this.#isLate();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps;
    while (!signal.aborted) {
      try {
        this.#tell(await this.#tryToHold());
      } catch (error) {
        log.info("the lease was not reached", { [logFields.error]: errorText(error) });
        if (this.#isLate()) this.#tell(false);
      }
      const milliseconds = Math.round(retryMs * (1 + random.fraction() * jitter));
      await pause(clock, milliseconds, signal);
    }
  }

  /** Lets go of what is held. */
  async release(): Promise<void> {
    if (!this.#isLeader) return;
    this.#tell(false);
    const { store, log } = this.#deps;
    try {
      const lease = await store.get(this.#key);
      if (lease === undefined || holderOf(lease) !== this.#settings.identity) return;
      await store.replace(this.#key, this.#draft(lease, ""), lease.metadata.resourceVersion);
    } catch (error) {
      log.info("the lease was not given up: it ends by itself", {
        [logFields.error]: errorText(error),
      });
    }
  }

  #isLate(): boolean {
    const { clock } = this.#deps;
    return (
      this.#renewedAtMs === undefined || clock.monotonicMs() - this.#renewedAtMs > renewWithinMs
    );
  }

  /** True when the lease is ours. */
  async #tryToHold(): Promise<boolean> {
    const { clock, store } = this.#deps;
    const { identity } = this.#settings;
    const asked = clock.monotonicMs();
    const lease = await store.get(this.#key);
    try {
      if (lease === undefined) await store.create(this.#draft(undefined, identity));
      else if (!this.#mayTake(lease)) return false;
      else {
        const draft = this.#draft(lease, identity);
        await store.replace(this.#key, draft, lease.metadata.resourceVersion);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Another was faster; the next look says who.
      if (error.code === "conflict" || error.code === "exists") return false;
      throw error;
    }
    this.#renewedAtMs = asked;
    return true;
  }

  #mayTake(lease: KubeObject): boolean {
    const holder = holderOf(lease);
    if (holder === this.#settings.identity || holder === "") return true;
    const mark = `${holder} ${lease.metadata.resourceVersion}`;
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#seen?.mark !== mark) this.#seen = { mark, atMs: nowMs };
    return nowMs - this.#seen.atMs > Math.max(leaseMs, toldLeaseMs(lease));
  }

  #draft(lease: KubeObject | undefined, holder: string): Parameters<ObjectStore["create"]>[0] {
    const now = this.#deps.clock.now().toString({ smallestUnit: "microsecond" });
    const spec = lease === undefined ? {} : specOf(lease);
    const isSame = spec["holderIdentity"] === holder;
    const transitions = typeof spec["leaseTransitions"] === "number" ? spec["leaseTransitions"] : 0;
    const { name, namespace } = this.#settings;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace,
        ...(lease === undefined
          ? {}
          : { labels: lease.metadata.labels, annotations: lease.metadata.annotations }),
      },
      body: {
        spec: {
          ...spec,
          holderIdentity: holder,
          leaseDurationSeconds: leaseMs / 1000,
          acquireTime: isSame ? (spec["acquireTime"] ?? now) : now,
          renewTime: now,
          leaseTransitions: isSame || lease === undefined ? transitions : transitions + 1,
        },
      },
    };
  }

  #tell(isLeader: boolean): void {
    if (this.#isLeader === isLeader) return;
    this.#isLeader = isLeader;
    this.#settings.changed(isLeader);
  }
}

function specOf(lease: KubeObject): JsonObject {
  const { spec } = lease.body as { readonly spec?: Json };
  return isJsonObject(spec) ? (spec as JsonObject) : {};
}

/** Others hold theirs for longer, and renew them as seldom: cert-manager's controller every 15 of 60 seconds. */
function toldLeaseMs(lease: KubeObject): number {
  const seconds = specOf(lease)["leaseDurationSeconds"];
  return typeof seconds === "number" ? seconds * 1000 : 0;
}

function holderOf(lease: KubeObject): string {
  const holder = specOf(lease)["holderIdentity"];
  return typeof holder === "string" ? holder : "";
}

/** Ends early, and without an error, when the signal is given. */
async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(Temporal.Duration.from({ milliseconds }), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
