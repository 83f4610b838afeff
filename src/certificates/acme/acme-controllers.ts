/** Follows Orders and Challenges, and has each brought to its end. */

import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { formatKey, type KindId, type KubeObject, keyOf, kindId, parseKey } from "#kinds/object.ts";
import {
  type ObjectStore,
  StoreError,
  type WatchEvent,
  type WatchPoints,
} from "#store/object-store.ts";
import type { Solver } from "../solvers/solver.ts";
import { countSyncs } from "../sync-metrics.ts";
import { clusterIssuerKindId, issuerKindId } from "./accounts/issuers.ts";
import type { Sessions } from "./accounts/sessions.ts";
import type { AcmeDeps } from "./acme-deps.ts";
import { reconcileChallenge } from "./challenges/challenge-controller.ts";
import { ChallengeMetrics } from "./challenges/challenge-metrics.ts";
import { ChallengeSchedule } from "./challenges/schedule.ts";
import type { OrderLimits } from "./limits/order-limits.ts";
import { reconcileOrder } from "./orders/order-controller.ts";
import type { Twins } from "./rehearsal.ts";
import { WorkQueue } from "./work-queue.ts";

export interface AcmeControllers {
  /** Ends them; what they have begun goes on at the next start. */
  readonly stop: () => Promise<void>;
  /** Rejects when the store cannot be followed any more; never resolves before {@link stop}. */
  readonly failed: Promise<void>;
}

export type AcmeControllersDeps = Omit<AcmeDeps, "store"> & {
  readonly store: ObjectStore;
  readonly sessions: Sessions;
  readonly limits: OrderLimits;
  readonly twins: Twins;
  /** At most one of a type. */
  readonly solvers: readonly Solver[];
};

/** Servers let some tens of requests be under way; more gain nothing. */
const workAtOnce = 16;

const followed: readonly KindId[] = [
  orderKind.id,
  challengeKind.id,
  issuerKindId,
  clusterIssuerKindId,
];

/** Starts them. */
export function startAcmeControllers(deps: AcmeControllersDeps): AcmeControllers {
  const all = { ...deps, schedule: new ChallengeSchedule() };
  const counted = countSyncs(deps.metrics);
  const queue = new WorkQueue(deps, {
    atOnce: workAtOnce,
    work: (text, signal) => {
      const key = parseKey(text);
      return counted(text, () =>
        key.kind === orderKind.id
          ? reconcileOrder(all, key, signal)
          : reconcileChallenge(all, key, signal),
      );
    },
  });
  const stopping = new AbortController();
  const following = { store: deps.store, queue, shown: new ChallengeMetrics(deps.metrics) };
  const failed = follow(following, stopping.signal);
  return {
    failed,
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([failed]);
      await queue.stop();
    },
  };
}

interface Following {
  readonly store: ObjectStore;
  readonly queue: WorkQueue;
  readonly shown: ChallengeMetrics;
}

async function follow(following: Following, signal: AbortSignal): Promise<void> {
  const { store, queue } = following;
  while (!signal.aborted) {
    const points = await listAll(following);
    try {
      for await (const { events } of store.watch(points, signal)) {
        for (const event of events) {
          show(following, event);
          await take(store, queue, event.object);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StoreError) || error.code !== "expired") throw error;
    }
  }
}

function show({ shown }: Following, { kind, object }: WatchEvent): void {
  if (keyOf(object).kind !== challengeKind.id) return;
  if (kind === "deleted") shown.forget(object);
  else shown.show(object);
}

async function listAll({ store, queue, shown }: Following): Promise<WatchPoints> {
  const points: Record<KindId, string> = {};
  for (const kind of followed) {
    const { items, point } = await store.list(kind);
    points[kind] = point;
    if (kind === challengeKind.id) shown.replace(items);
    for (const object of items) if (isWorked(object)) queue.add(formatKey(keyOf(object)));
  }
  return points;
}

/** An issuer that becomes ready lets go on whatever waits for one. */
async function take(store: ObjectStore, queue: WorkQueue, object: KubeObject): Promise<void> {
  if (isWorked(object)) {
    queue.add(formatKey(keyOf(object)));
    const owner = orderOf(object);
    if (owner !== undefined) queue.add(owner);
    return;
  }
  for (const kind of [orderKind.id, challengeKind.id]) {
    const { items } = await store.list(kind);
    for (const one of items.filter(isOpen)) queue.add(formatKey(keyOf(one)));
  }
}

function isWorked(object: KubeObject): boolean {
  const { kind } = keyOf(object);
  return kind === orderKind.id || kind === challengeKind.id;
}

function isOpen(object: KubeObject): boolean {
  const status =
    keyOf(object).kind === orderKind.id ? readOrderStatus(object) : readChallengeStatus(object);
  return !isFinalState(status.state);
}

/** The Order (`formatKey`) that a Challenge belongs to. */
function orderOf({ metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences.find(
    ({ apiVersion, kind, controller }) =>
      controller === true && kindId(apiVersion, kind) === orderKind.id,
  );
  if (owner === undefined) return undefined;
  return formatKey({ kind: orderKind.id, namespace: metadata.namespace, name: owner.name });
}
