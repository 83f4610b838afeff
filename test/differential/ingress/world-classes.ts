/** Random IngressClasses: ours, another controller's, or none. */

import fc from "fast-check";
import { standaloneClasses } from "#test/simulators/ingress/classes.ts";
import type { IngressClass } from "#test/simulators/ingress/manifest.ts";
import { timestamps } from "./pool.ts";

export const ingressClasses: fc.Arbitrary<readonly IngressClass[]> = fc
  .tuple(fc.boolean(), fc.boolean(), fc.boolean())
  .map(([ours, isDefault, foreign]) => [
    ...(ours ? [ingressClass("sekisho", standaloneClasses.controller, isDefault)] : []),
    ...(foreign ? [ingressClass("foreign", "example.com/another-controller", false)] : []),
  ]);

function ingressClass(name: string, controller: string, isDefault: boolean): IngressClass {
  const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name, creationTimestamp: timestamps[0], ...(isDefault && { annotations }) },
    spec: { controller },
  };
}
