/** Events of a cluster: events.k8s.io/v1, one object for what happens again and again, which the API server forgets by itself. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import { type EventRecorder, eventName, namespaceOf, type ObjectEvent } from "./event-recorder.ts";

/** An Event as the API serves it. */
export const eventResource = {
  id: "Event.events.k8s.io",
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  priority: "background",
} as const;

export interface ClusterEventsDeps {
  readonly now: () => Temporal.Instant;
  readonly store: Pick<ObjectStore, "get" | "create" | "replace">;
}

/** What happens more often is counted, and written at the first time after this. */
const writtenEvery = Temporal.Duration.from({ minutes: 1 });

interface Written {
  readonly at: Temporal.Instant;
  /** Times that were not written. */
  unwritten: number;
}

/** `instance` says which replica reports: the name of its pod. */
export function createClusterEvents(deps: ClusterEventsDeps, instance: string): EventRecorder {
  const written = new Map<string, Written>();
  const isRecent = ({ at }: Written): boolean =>
    Temporal.Instant.compare(deps.now(), at.add(writtenEvery)) < 0;
  return {
    record: async (event) => {
      const key = `${namespaceOf(event)}/${eventName(event)}`;
      const before = written.get(key);
      if (before !== undefined && isRecent(before)) {
        before.unwritten += 1;
        return;
      }
      const times = 1 + (before?.unwritten ?? 0);
      await write(deps, draftOf(event, { now: deps.now(), instance }), times);
      written.set(key, { at: deps.now(), unwritten: 0 });
    },
    sweep: async () => {
      for (const [key, one] of written)
        if (!isRecent(one) && one.unwritten === 0) written.delete(key);
    },
  };
}

/** Another replica may write the same event at the same time: whoever comes second has nothing to add. */
async function write(deps: ClusterEventsDeps, draft: Draft, times: number): Promise<void> {
  try {
    await deps.store.create(draft);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (isOfNamespaceThatGoes(error)) return;
    if (error.code !== "exists") throw error;
    await countUp(deps, draft, times);
  }
}

/** With its namespace goes the object that the event is about. */
function isOfNamespaceThatGoes({ code, message }: StoreError): boolean {
  return code === "not-found" || (code === "denied" && message.includes("being terminated"));
}

async function countUp(
  { now, store }: ClusterEventsDeps,
  { metadata: { name, namespace } }: Draft,
  times: number,
): Promise<void> {
  const key = { kind: eventResource.id, namespace, name };
  const there = await store.get(key);
  if (there === undefined) return;
  const { apiVersion, kind, metadata, body } = there;
  const count = countOf(body["series"]) + times;
  const series = { count, lastObservedTime: microTime(now()) };
  const draft = { apiVersion, kind, metadata, body: { ...body, series } };
  try {
    await store.replace(key, draft, metadata.resourceVersion);
  } catch (error) {
    if (!(error instanceof StoreError) || !["conflict", "not-found"].includes(error.code))
      throw error;
  }
}

function countOf(series: Json | undefined): number {
  const count = isJsonObject(series) ? (series as JsonObject)["count"] : undefined;
  return typeof count === "number" ? count : 1;
}

function draftOf(
  event: ObjectEvent,
  { now, instance }: { readonly now: Temporal.Instant; readonly instance: string },
): Draft {
  const { about, type, reason, message, fieldPath } = event;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: eventName(event), namespace: namespaceOf(event) },
    body: {
      eventTime: microTime(now),
      reportingController: "sekisho",
      reportingInstance: instance.slice(0, 128),
      action: "Translate",
      type,
      reason,
      note: message,
      regarding: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        uid,
        resourceVersion,
        ...(namespace === "" ? {} : { namespace }),
        ...(fieldPath === "" ? {} : { fieldPath }),
      },
    },
  };
}

function microTime(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: "microsecond" });
}
