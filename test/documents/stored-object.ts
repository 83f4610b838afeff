/** A manifest as it comes out of a store, with what a store adds. */

import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";

/** A legacy version is converted, as a source does; a time of creation may be written. */
export function storedObject(raw: JsonObject): KubeObject {
  const version = recognise(`${raw["apiVersion"]}`, `${raw["kind"]}`);
  const { apiVersion, kind, metadata, status: _, ...body } = version?.convert?.(raw) ?? raw;
  const given = (metadata ?? {}) as Record<string, string> & {
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  return {
    apiVersion: `${apiVersion}`,
    kind: `${kind}`,
    metadata: {
      name: given["name"] ?? "",
      namespace: version?.kind.namespaced === false ? "" : (given["namespace"] ?? "default"),
      uid: `${kind}/${given["name"]}`,
      creationTimestamp: given["creationTimestamp"] ?? "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion: "1",
      labels: given.labels ?? {},
      annotations: given.annotations ?? {},
      finalizers: [],
      ownerReferences: [],
    },
    body,
  };
}
