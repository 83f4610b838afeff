/** Where Events go: one interface, two homes, as for objects. */

import type { KubeObject } from "#kinds/object.ts";

export interface ObjectEvent {
  /** The same for what counts as one event that happened again. */
  readonly id: string;
  readonly about: KubeObject;
  /** The place in the object; empty for the whole of it. */
  readonly fieldPath: string;
  readonly type: "Normal" | "Warning";
  /** CamelCase. */
  readonly reason: string;
  /** At most 1,024 characters. */
  readonly message: string;
}

export interface EventRecorder {
  /** Records that it happened, or happened again. */
  readonly record: (event: ObjectEvent) => Promise<void>;
  /** Forgets what is too old; called now and then. */
  readonly sweep: () => Promise<void>;
}

/** The name of an event's object, in {@link namespaceOf} it. */
export function eventName({ id, about }: ObjectEvent): string {
  return `${about.metadata.name.slice(0, 200)}.${id}`;
}

/** Events about objects without a namespace are in `default` (Kubernetes API conventions, "Events"). */
export function namespaceOf({ about }: ObjectEvent): string {
  return about.metadata.namespace === "" ? "default" : about.metadata.namespace;
}
