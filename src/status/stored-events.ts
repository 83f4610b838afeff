/** Events in a store that nobody else tidies up: core/v1, counted up when they return, kept for an hour and so many. */

import { compareText } from "#base/compare.ts";
import { eventKind } from "#kinds/event.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import { type EventRecorder, eventName, namespaceOf, type ObjectEvent } from "./event-recorder.ts";

/** As long as the API server keeps events (kube-apiserver `--event-ttl`). */
const keptFor = Temporal.Duration.from({ hours: 1 });
/** Thousands of certificates that are issued within an hour make tens of thousands of events, and all are in memory. */
const usuallyKept = 5000;
/** Looking for old events reads them all. */
const sweepEvery = Temporal.Duration.from({ minutes: 1 });
/** They wait for the disk together, and nothing else waits long behind them. */
const droppedAtOnce = 200;

/** Between two sweeps each recorder adds at most half as many as are kept, and what is being written. */
export function createStoredEvents(
  store: ObjectStore,
  now: () => Temporal.Instant,
  mostKept = usuallyKept,
): EventRecorder {
  let sweepAt: Temporal.Instant | undefined;
  let recorded = 0;
  const sweep = async (): Promise<void> => {
    recorded = 0;
    sweepAt = now().add(sweepEvery);
    await dropOld(store, now(), mostKept);
  };
  return {
    record: async (event) => {
      await record(store, event, now());
      recorded += 1;
      if (recorded > mostKept / 2) await sweep();
    },
    sweep: async () => {
      if (sweepAt === undefined || Temporal.Instant.compare(now(), sweepAt) >= 0) await sweep();
    },
  };
}

async function record(
  store: ObjectStore,
  event: ObjectEvent,
  now: Temporal.Instant,
): Promise<void> {
  const metadata = { name: eventName(event), namespace: namespaceOf(event) };
  const stamp = now.toString({ smallestUnit: "second" });
  const earlier = await store.get({ kind: eventKind.id, ...metadata });
  const count = earlier?.body["count"];
  const { about, type, reason, message, fieldPath } = event;
  const { name, namespace, uid } = about.metadata;
  const draft: Draft = {
    apiVersion: "v1",
    kind: "Event",
    metadata,
    body: {
      type,
      reason,
      message,
      reportingComponent: "sekisho",
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        uid,
        ...(namespace === "" ? {} : { namespace }),
        ...(fieldPath === "" ? {} : { fieldPath }),
      },
      count: typeof count === "number" ? count + 1 : 1,
      firstTimestamp: earlier?.body["firstTimestamp"] ?? stamp,
      lastTimestamp: stamp,
    },
  };
  try {
    // Not applied: of that a store keeps what it was given besides, and Events are many.
    if (earlier === undefined) await store.create(draft);
    else await store.replace(keyOf(earlier), draft, earlier.metadata.resourceVersion);
  } catch (error) {
    // Somebody wrote it down in the same moment: then it is told.
    const isTold = error instanceof StoreError && ["exists", "conflict"].includes(error.code);
    if (!isTold && !(error instanceof StoreError && error.retryable)) throw error;
  }
}

async function dropOld(store: ObjectStore, now: Temporal.Instant, mostKept: number): Promise<void> {
  const { items } = await store.list(eventKind.id);
  const oldest = now.subtract(keptFor).toString();
  const isOld = (event: KubeObject): boolean => lastOf(event) !== "" && lastOf(event) < oldest;
  const young = items.filter((event) => !isOld(event)).toSorted(byWorth);
  const dropped = [...items.filter(isOld), ...young.slice(0, Math.max(0, young.length - mostKept))];
  for (let from = 0; from < dropped.length; from += droppedAtOnce) {
    const some = dropped.slice(from, from + droppedAtOnce);
    await Promise.all(some.map((event) => drop(store, event)));
  }
}

function lastOf({ body }: KubeObject): string {
  const last = body["lastTimestamp"];
  return typeof last === "string" ? last : "";
}

/** What is to be warned of is worth more, then what was last. */
function byWorth(a: KubeObject, b: KubeObject): number {
  const isWarning = ({ body }: KubeObject): number => (body["type"] === "Warning" ? 1 : 0);
  return isWarning(a) - isWarning(b) || compareText(lastOf(a), lastOf(b));
}

async function drop(store: ObjectStore, event: KubeObject): Promise<void> {
  const { resourceVersion } = event.metadata;
  try {
    await store.remove(keyOf(event), { resourceVersion });
  } catch (error) {
    // Somebody else dropped it, or it was counted up meanwhile.
    const isDone = error instanceof StoreError && ["not-found", "conflict"].includes(error.code);
    if (!isDone) throw error;
  }
}
