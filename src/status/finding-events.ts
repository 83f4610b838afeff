/** Findings as Events of their objects, so that `events` and `describe` tell when something was found. */

import { contentHash } from "#base/content-hash.ts";
import { type Finding, type FindingChange, findingKey } from "#base/finding.ts";
import type { JsonObject } from "#base/json.ts";
import { eventKind } from "#kinds/event.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import { coalesced } from "./coalesced.ts";

export interface FindingEvents {
  /** Takes what was found; what is gone again before it was recorded never is. */
  readonly found: (change: FindingChange) => void;
  /** Records what was found since the last call. */
  readonly update: () => Promise<void>;
}

/** Who removes Events after an hour: an API server does so by itself. */
export type EventExpiry = "by-us" | "by-server";

export interface FindingEventsSettings {
  readonly now: () => Temporal.Instant;
  /** Awaited between two writes, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
  readonly expiry: EventExpiry;
}

/** As long as the API server keeps events (kube-apiserver `--event-ttl`). */
const keptFor = Temporal.Duration.from({ hours: 1 });
/** Looking for old events reads them all. */
const sweepEvery = Temporal.Duration.from({ minutes: 1 });

export function createFindingEvents(
  store: ObjectStore,
  { now, breathe, expiry }: FindingEventsSettings,
): FindingEvents {
  const due = new Map<string, Finding>();
  let sweepAt: Temporal.Instant | undefined;
  const round = async (): Promise<void> => {
    for (const [key, finding] of due) {
      due.delete(key);
      try {
        await record(store, finding, now());
      } catch (error) {
        due.set(key, finding);
        throw error;
      }
      await breathe();
    }
    if (expiry === "by-server") return;
    if (sweepAt !== undefined && Temporal.Instant.compare(now(), sweepAt) < 0) return;
    sweepAt = now().add(sweepEvery);
    await dropOld(store, now());
  };
  return {
    found: ({ added, gone }) => {
      for (const finding of gone) due.delete(findingKey(finding));
      for (const finding of added) {
        if (finding.severity !== "info" && isAboutObject(finding.origin.kind))
          due.set(findingKey(finding), finding);
      }
    },
    update: coalesced(round),
  };
}

function isAboutObject(kind: string): boolean {
  return kind !== "File" && kind !== "Gate" && kind !== eventKind.id;
}

function idOf({ reason, message, origin }: Finding): string {
  return contentHash(
    reason,
    message,
    origin.kind,
    origin.namespace,
    origin.name,
    origin.path,
  ).slice(0, 16);
}

/** A finding that returns counts up the event it made before. */
async function record(store: ObjectStore, finding: Finding, now: Temporal.Instant): Promise<void> {
  const { origin } = finding;
  const object = await store.get(origin);
  if (object === undefined) return;
  const namespace = origin.namespace === "" ? "default" : origin.namespace;
  const name = `${origin.name.slice(0, 200)}.${idOf(finding)}`;
  const stamp = now.toString({ smallestUnit: "second" });
  const earlier = await store.get({ kind: eventKind.id, namespace, name });
  const count = earlier?.body["count"];
  const draft: Draft = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    body: {
      ...describe(finding, object),
      count: typeof count === "number" ? count + 1 : 1,
      firstTimestamp: earlier?.body["firstTimestamp"] ?? stamp,
      lastTimestamp: stamp,
    },
  };
  try {
    await store.apply(draft);
  } catch (error) {
    if (!(error instanceof StoreError) || !error.retryable) throw error;
  }
}

function describe({ reason, message, advice, origin }: Finding, object: KubeObject): JsonObject {
  const { metadata, apiVersion, kind } = object;
  return {
    type: "Warning",
    reason,
    message: `${message}; ${advice}`.slice(0, 1024),
    reportingComponent: "sekisho",
    involvedObject: {
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid,
      ...(metadata.namespace === "" ? {} : { namespace: metadata.namespace }),
      ...(origin.path === "" ? {} : { fieldPath: origin.path }),
    },
  };
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
