/** An object as a store holds it, of which a test says what matters to it. */

import type { Json, JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";

export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** By default `default/a`, made at the beginning of 2026. */
  readonly metadata?: Partial<KubeObject["metadata"]>;
  readonly body: JsonObject;
  readonly status?: Json | undefined;
}

export function storedObject({
  apiVersion,
  kind,
  metadata,
  body,
  status,
}: StoredObject): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name: "a",
      namespace: "default",
      uid: "u",
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion: "1",
      labels: {},
      annotations: {},
      finalizers: [],
      ownerReferences: [],
      ...metadata,
    },
    body,
    ...(status === undefined ? {} : { status }),
  };
}
