/** ReplicaSet, apps/v1: so many pods of one template. */

import type { Json, JsonObject } from "#base/json.ts";
import type { Parsed } from "#base/schema.ts";
import { fields, integer, optional, required } from "#base/schema.ts";
import { statusNumber } from "./deployment-status.ts";
import type { Kind } from "./kind.ts";
import { formatSelector, labelSelector } from "./label-selector.ts";
import { containerImages, containerNames, podTemplate } from "./pod-template.ts";

const spec = fields({
  replicas: optional(integer(0)),
  minReadySeconds: optional(integer(0)),
  selector: required(labelSelector),
  template: required(podTemplate),
});

const body = fields({ spec: required(spec) });

export type ReplicaSet = Parsed<typeof body>;

const toV1 = (raw: JsonObject): JsonObject => ({ ...raw, apiVersion: "apps/v1" as Json });

export const replicaSetKind: Kind<ReplicaSet> = {
  id: "ReplicaSet.apps",
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  namespaced: true,
  legacy: { "extensions/v1beta1": toV1, "apps/v1beta2": toV1 },
  parse: body,
  withoutEffect: [],
  columns: [
    { title: "DESIRED", value: ({ value }) => `${value?.spec.replicas ?? 1}` },
    { title: "CURRENT", value: ({ object }) => `${statusNumber(object.status, "replicas")}` },
    { title: "READY", value: ({ object }) => `${statusNumber(object.status, "readyReplicas")}` },
    { title: "CONTAINERS", wide: true, value: ({ value }) => containerNames(value?.spec.template) },
    { title: "IMAGES", wide: true, value: ({ value }) => containerImages(value?.spec.template) },
    { title: "SELECTOR", wide: true, value: ({ value }) => formatSelector(value?.spec.selector) },
  ],
};
