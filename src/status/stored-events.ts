/** Events in a store that nobody else tidies up: core/v1, counted up when they return, kept for an hour. */

import { eventKind } from "#kinds/event.ts";
import { keyOf } from "#kinds/object.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import { type EventRecorder, eventName, namespaceOf, type ObjectEvent } from "./event-recorder.ts";

/** As long as the API server keeps events (kube-apiserver `--event-ttl`). */
const keptFor = Temporal.Duration.from({ hours: 1 });
/** Looking for old events reads them all. */
const sweepEvery = Temporal.Duration.from({ minutes: 1 });

export function createStoredEvents(store: ObjectStore, now: () => Temporal.Instant): EventRecorder {
  let sweepAt: Temporal.Instant | undefined;
  return {
    record: (event) => record(store, event, now()),
    sweep: async () => {
      if (sweepAt !== undefined && Temporal.Instant.compare(now(), sweepAt) < 0) return;
      sweepAt = now().add(sweepEvery);
      await dropOld(store, now());
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

async function dropOld(store: ObjectStore, now: Temporal.Instant): Promise<void> {
  const { items } = await store.list(eventKind.id);
  const oldest = now.subtract(keptFor).toString();
  for (const { metadata, body } of items) {
    const last = body["lastTimestamp"];
    if (typeof last !== "string" || last >= oldest) continue;
    try {
      await store.remove({
        kind: eventKind.id,
        namespace: metadata.namespace,
        name: metadata.name,
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "not-found") throw error;
    }
  }
}
