/** Collections of objects and where they lie in the API (Kubernetes API concepts, "Resource URIs"). */

import type { KindId, ObjectKey } from "#kinds/object.ts";
import type { Priority } from "./pacer.ts";
import type { WireType } from "./wire-object.ts";

/** A kind as the API serves it. Every `Kind` is one. */
export interface ApiResource {
  readonly id: KindId;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** How much its requests matter. Default `normal`. */
  readonly priority?: Priority;
}

export interface Collection {
  readonly resource: ApiResource;
  /** Absent: all namespaces, or a kind that has none. */
  readonly namespace?: string;
  /** Only the object of this name. Default: all. */
  readonly name?: string;
  /** `metadata`: the objects' bodies are not sent. */
  readonly form: "whole" | "metadata";
}

/** `/apis/networking.k8s.io/v1/namespaces/default/ingresses` */
export function collectionPath({ resource, namespace }: Omit<Collection, "form">): string {
  const { group, version, plural } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const below = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${base}${below}/${plural}`;
}

/** What restricts a list or a watch to the objects of a collection, for its query. */
export function collectionQuery({ name }: Collection): Readonly<Record<string, string>> {
  return name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
}

/** The path of one object. */
export function objectPath(resource: ApiResource, { namespace, name }: ObjectKey): string {
  const collection =
    resource.namespaced && namespace !== "" ? { resource, namespace } : { resource };
  return `${collectionPath(collection)}/${encodeURIComponent(name)}`;
}

/** What the objects of a resource say that they are. */
export function wireTypeOf({ group, version, kind }: ApiResource): WireType {
  return { apiVersion: group === "" ? version : `${group}/${version}`, kind };
}

const metadataOnly = "g=meta.k8s.io;v=v1";

/** The Accept header under which a collection is listed. */
export function listAccept({ form }: Collection): string {
  return form === "whole"
    ? "application/json"
    : `application/json;as=PartialObjectMetadataList;${metadataOnly}`;
}

/** The Accept header under which a collection is watched. */
export function watchAccept({ form }: Collection): string {
  return form === "whole"
    ? "application/json"
    : `application/json;as=PartialObjectMetadata;${metadataOnly}`;
}
