/** Event, v1 (core): what happened to an object, for people. */

import { anything, fields, integer, optional, type Parsed, required, text } from "#base/schema.ts";
import type { Kind, Known } from "./kind.ts";

const body = fields({
  involvedObject: required(
    fields({
      apiVersion: optional(text),
      kind: optional(text),
      namespace: optional(text),
      name: optional(text),
      uid: optional(text),
      fieldPath: optional(text),
      resourceVersion: optional(text),
    }),
  ),
  type: optional(text),
  reason: optional(text),
  message: optional(text),
  action: optional(text),
  count: optional(integer(0)),
  firstTimestamp: optional(text),
  lastTimestamp: optional(text),
  eventTime: optional(text),
  reportingComponent: optional(text),
  reportingInstance: optional(text),
  source: optional(anything),
  related: optional(anything),
  series: optional(fields({ count: optional(integer(0)), lastObservedTime: optional(text) })),
});

export type Event = Parsed<typeof body>;

export const eventKind: Kind<Event> = {
  id: "Event",
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [],
  columns: [
    { title: "TYPE", value: (known) => known.value?.type ?? "" },
    { title: "REASON", value: (known) => known.value?.reason ?? "" },
    { title: "OBJECT", value: involved },
    { title: "MESSAGE", value: (known) => known.value?.message ?? "" },
  ],
};

/** When it happened last: each of the event APIs writes another field. */
export function lastSeen({ object, value }: Known<Event>): string {
  const { series, lastTimestamp, eventTime } = value ?? {};
  return (
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? object.metadata.creationTimestamp
  );
}

/** How often it happened. */
export function timesSeen({ series, count }: Event): number {
  return series?.count ?? Math.max(1, count ?? 1);
}

function involved({ value }: { readonly value: Event | undefined }): string {
  const { kind = "", name = "" } = value?.involvedObject ?? {};
  return `${kind.toLowerCase()}/${name}`;
}
