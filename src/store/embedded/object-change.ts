/** One object into its next state, and whether that may be. */

import { sameJson } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type Draft, StoreError } from "../object-store.ts";
import { mergeFields } from "./field-merge.ts";

/** Throws StoreError `conflict` when the object is not the one that is meant. */
export function checkPreconditions(
  object: KubeObject,
  wanted: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): void {
  const { uid, resourceVersion, name } = object.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw new StoreError("conflict", `${object.kind} ${name} is another object now (uid ${uid})`);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw new StoreError(
      "conflict",
      `${object.kind} ${name} has changed since it was read; read it again`,
    );
  }
}

/** The object with a draft's content; its generation counts changes of the body. */
export function changed(current: KubeObject, draft: Draft): KubeObject {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = draft.metadata;
  const isSame = sameJson(current.body, draft.body);
  return {
    ...current,
    apiVersion: draft.apiVersion,
    metadata: {
      ...current.metadata,
      labels,
      annotations,
      finalizers,
      ownerReferences,
      generation: current.metadata.generation + (isSame ? 0 : 1),
    },
    body: isSame ? current.body : draft.body,
  };
}

function mergeTexts(
  current: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return mergeFields(current, before ?? {}, wanted ?? {}) as Readonly<Record<string, string>>;
}

/** A draft as an object that nobody has seen yet. */
export function newObject(draft: Draft, uid: string, creationTimestamp: string): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = draft.metadata;
  const { finalizers = [], ownerReferences = [] } = draft.metadata;
  return {
    apiVersion: draft.apiVersion,
    kind: draft.kind,
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp,
      generation: 1,
      resourceVersion: "0",
      labels,
      annotations,
      finalizers,
      ownerReferences,
    },
    body: draft.body,
  };
}

/** What `draft` makes of an object to which `before` was applied last. */
export function mergeDraft(current: KubeObject, before: Draft | undefined, draft: Draft): Draft {
  const { metadata } = current;
  return {
    apiVersion: draft.apiVersion,
    kind: draft.kind,
    metadata: {
      name: draft.metadata.name,
      namespace: draft.metadata.namespace,
      labels: mergeTexts(metadata.labels, before?.metadata.labels, draft.metadata.labels),
      annotations: mergeTexts(
        metadata.annotations,
        before?.metadata.annotations,
        draft.metadata.annotations,
      ),
      finalizers: draft.metadata.finalizers ?? metadata.finalizers,
      ownerReferences: draft.metadata.ownerReferences ?? metadata.ownerReferences,
    },
    body: mergeFields(current.body, before?.body ?? {}, draft.body),
  };
}
