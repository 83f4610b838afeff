/** IngressClass, networking.k8s.io/v1: which controller serves the Ingresses of a class. */

import { anything, fields, optional, type Parsed, text } from "#base/schema.ts";
import type { Kind, Known } from "./kind.ts";

const body = fields({
  spec: optional(fields({ controller: optional(text), parameters: optional(anything) })),
});

export type IngressClass = Parsed<typeof body>;

/** Marks the class of Ingresses that name none. */
export const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

export const ingressClassKind: Kind<IngressClass> = {
  id: "IngressClass.networking.k8s.io",
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  shortNames: [],
  namespaced: false,
  legacy: {
    "networking.k8s.io/v1beta1": (raw) => ({ ...raw, apiVersion: "networking.k8s.io/v1" }),
  },
  parse: body,
  withoutEffect: [
    {
      path: "spec.parameters",
      reason: "this controller has no parameters object",
      advice: "put gate-wide settings into sekisho.yaml",
    },
  ],
  columns: [
    { title: "CONTROLLER", value: (known) => known.value?.spec?.controller ?? "" },
    {
      title: "PARAMETERS",
      value: (known) => (known.value?.spec?.parameters === undefined ? "<none>" : "<set>"),
    },
  ],
};

/** True for the class of Ingresses that name none. */
export function isDefaultClass(known: Known<IngressClass>): boolean {
  return known.object.metadata.annotations[defaultClassAnnotation] === "true";
}
