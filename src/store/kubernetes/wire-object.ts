/** Objects as the API server writes them, from and to ours; every field that we do not know stays in the body. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "#kinds/object.ts";
import type { Draft } from "../object-store.ts";
import { StoreError } from "../object-store.ts";

/** Items of lists and metadata-only answers do not say what they are of, so the collection does. */
export interface WireType {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Throws StoreError `unavailable` for what is no object. */
export function decodeObject(wire: Json | undefined, { apiVersion, kind }: WireType): KubeObject {
  if (!isJsonObject(wire) || !isJsonObject((wire as JsonObject)["metadata"])) {
    throw new StoreError("unavailable", `the API server sent no ${kind}`);
  }
  const {
    apiVersion: _version,
    kind: _kind,
    metadata,
    status,
    ...body
  } = wire as JsonObject & { readonly metadata: JsonObject };
  return {
    apiVersion,
    kind,
    metadata: decodeMeta(metadata),
    body,
    ...(status === undefined ? {} : { status }),
  };
}

function decodeMeta(meta: JsonObject): ObjectMeta {
  const deletionTimestamp = meta["deletionTimestamp"];
  return {
    name: textOf(meta["name"]),
    namespace: textOf(meta["namespace"]),
    uid: textOf(meta["uid"]),
    creationTimestamp: textOf(meta["creationTimestamp"]),
    // Kinds without a spec have none.
    generation: typeof meta["generation"] === "number" ? meta["generation"] : 0,
    resourceVersion: textOf(meta["resourceVersion"]),
    ...(typeof deletionTimestamp === "string" ? { deletionTimestamp } : {}),
    labels: textsOf(meta["labels"]),
    annotations: textsOf(meta["annotations"]),
    finalizers: listOf(meta["finalizers"]).filter((one) => typeof one === "string"),
    ownerReferences: listOf(meta["ownerReferences"]).flatMap(decodeOwner),
  };
}

function decodeOwner(wire: Json): readonly OwnerReference[] {
  if (!isJsonObject(wire)) return [];
  const { apiVersion, kind, name, uid, controller } = wire as JsonObject;
  const owner = {
    apiVersion: textOf(apiVersion),
    kind: textOf(kind),
    name: textOf(name),
    uid: textOf(uid),
  };
  return [typeof controller === "boolean" ? { ...owner, controller } : owner];
}

/** The whole of what an apply or a create says. */
export function encodeDraft(draft: Draft): JsonObject {
  const { name, namespace, ...rest } = draft.metadata;
  return {
    ...draft.body,
    apiVersion: draft.apiVersion,
    kind: draft.kind,
    metadata: {
      ...encodeRest(rest),
      name,
      ...(namespace === "" ? {} : { namespace }),
    },
  };
}

/** What a draft makes of an object as the server has it: its body and the metadata that drafts hold are replaced. */
export function replaceContent(wire: JsonObject, draft: Draft): JsonObject {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = draft.metadata;
  const meta = isJsonObject(wire["metadata"]) ? (wire["metadata"] as JsonObject) : {};
  return {
    ...draft.body,
    ...(wire["status"] === undefined ? {} : { status: wire["status"] }),
    apiVersion: draft.apiVersion,
    kind: draft.kind,
    metadata: { ...meta, ...encodeRest({ labels, annotations, finalizers, ownerReferences }) },
  };
}

type RestOfMeta = Omit<Draft["metadata"], "name" | "namespace">;

function encodeRest(rest: RestOfMeta): JsonObject {
  const { ownerReferences, ...plain } = rest;
  return {
    ...(plain as JsonObject),
    ...(ownerReferences === undefined
      ? {}
      : { ownerReferences: ownerReferences.map((owner) => ({ ...owner })) }),
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const entries = Object.entries(value as JsonObject).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}
