/** A Kubernetes object as it travels: kind, name and plain data, not yet typed. */

import type { Json, JsonObject } from "#base/json.ts";

export interface ObjectMeta {
  readonly name: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly uid: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly deletionTimestamp?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly ownerReferences: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** Everything but apiVersion, kind, metadata and status is in `body` (spec, data, type, subsets …), unknown fields kept. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly body: JsonObject;
  readonly status?: Json;
}

/** `Ingress.networking.k8s.io`; core kinds have no dot: `Service`. The version is not part of it. */
export type KindId = string;

export interface ObjectKey {
  readonly kind: KindId;
  readonly namespace: string;
  readonly name: string;
}

/** The kind id of an apiVersion and kind: `("networking.k8s.io/v1", "Ingress")` gives `Ingress.networking.k8s.io`. */
export function kindId(apiVersion: string, kind: string): KindId {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? kind : `${kind}.${apiVersion.slice(0, slash)}`;
}

/** The key of an object. */
export function keyOf(object: KubeObject): ObjectKey {
  return {
    kind: kindId(object.apiVersion, object.kind),
    namespace: object.metadata.namespace,
    name: object.metadata.name,
  };
}

/** One text for one key, usable in maps and sorted by kind, namespace, name: `Service/default/web`. */
export function formatKey(key: ObjectKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`;
}

/** The key back from {@link formatKey}'s text; kinds and names hold no slash. */
export function parseKey(text: string): ObjectKey {
  const [kind = "", namespace = "", name = ""] = text.split("/");
  return { kind, namespace, name };
}
