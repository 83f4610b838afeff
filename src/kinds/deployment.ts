/** Deployment, apps/v1 (Kubernetes API reference, "Deployment v1 apps"), and its retired versions. */

import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Parsed } from "#base/schema.ts";
import {
  boolean,
  fields,
  integer,
  integerOrText,
  oneOf,
  optional,
  required,
} from "#base/schema.ts";
import { statusNumber } from "./deployment-status.ts";
import type { Kind } from "./kind.ts";
import { formatSelector, labelSelector } from "./label-selector.ts";
import { containerImages, containerNames, podTemplate } from "./pod-template.ts";

const spec = fields({
  replicas: optional(integer(0)),
  selector: required(labelSelector),
  template: required(podTemplate),
  strategy: optional(
    fields({
      type: optional(oneOf("RollingUpdate", "Recreate")),
      rollingUpdate: optional(
        fields({ maxSurge: optional(integerOrText), maxUnavailable: optional(integerOrText) }),
      ),
    }),
  ),
  minReadySeconds: optional(integer(0)),
  revisionHistoryLimit: optional(integer(0)),
  progressDeadlineSeconds: optional(integer(0)),
  paused: optional(boolean),
});

const body = fields({ spec: required(spec) });

export type Deployment = Parsed<typeof body>;

export const deploymentKind: Kind<Deployment> = {
  id: "Deployment.apps",
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  namespaced: true,
  legacy: {
    "extensions/v1beta1": (raw) => fromLegacy(raw, { maxSurge: 1, maxUnavailable: 1 }),
    "apps/v1beta1": (raw) => fromLegacy(raw, { maxSurge: "25%", maxUnavailable: "25%" }),
    "apps/v1beta2": (raw) => ({ ...raw, apiVersion: "apps/v1" }),
  },
  parse: body,
  withoutEffect: [],
  columns: [
    {
      title: "READY",
      value: ({ object, value }) =>
        `${statusNumber(object.status, "readyReplicas")}/${value?.spec.replicas ?? 1}`,
    },
    {
      title: "UP-TO-DATE",
      value: ({ object }) => `${statusNumber(object.status, "updatedReplicas")}`,
    },
    {
      title: "AVAILABLE",
      value: ({ object }) => `${statusNumber(object.status, "availableReplicas")}`,
    },
    { title: "CONTAINERS", wide: true, value: ({ value }) => containerNames(value?.spec.template) },
    { title: "IMAGES", wide: true, value: ({ value }) => containerImages(value?.spec.template) },
    { title: "SELECTOR", wide: true, value: ({ value }) => formatSelector(value?.spec.selector) },
  ],
};

/**
 * The defaults of the retired versions, written out (Kubernetes 1.15, `pkg/apis/extensions/v1beta1/defaults.go` and
 * `pkg/apis/apps/v1beta1/defaults.go`): a selector from the template's labels, and their own rolling update figures.
 * `extensions/v1beta1` never gives up on a rollout unless told to.
 */
function fromLegacy(raw: JsonObject, rolling: JsonObject): JsonObject {
  const spec = mapping(raw["spec"]);
  if (spec === undefined) return { ...raw, apiVersion: "apps/v1" };
  const labels = mapping(mapping(mapping(spec["template"])?.["metadata"])?.["labels"]);
  const strategy = mapping(spec["strategy"]) ?? {};
  const converted: Record<string, Json | undefined> = { ...spec };
  if ((spec["selector"] ?? null) === null && labels !== undefined) {
    converted["selector"] = { matchLabels: labels };
  }
  if (strategy["type"] !== "Recreate") {
    converted["strategy"] = {
      ...strategy,
      type: strategy["type"] ?? "RollingUpdate",
      rollingUpdate: { ...rolling, ...mapping(strategy["rollingUpdate"]) },
    };
  }
  if (raw["apiVersion"] === "extensions/v1beta1") {
    converted["progressDeadlineSeconds"] = spec["progressDeadlineSeconds"] ?? 2_147_483_647;
  }
  return { ...raw, apiVersion: "apps/v1", spec: converted };
}

function mapping(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? (value as JsonObject) : undefined;
}
