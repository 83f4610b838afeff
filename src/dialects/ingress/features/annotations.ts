/** Annotations: core Ingress has one of its own; those of other controllers ask for something nobody gives here. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { classAnnotation, type Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { findingAt } from "../../common/findings.ts";

/** Written by tools for themselves; they ask nothing of a gateway. */
const notForGateways = [
  "kubectl.kubernetes.io/",
  "meta.helm.sh/",
  "argocd.argoproj.io/",
  "kustomize.toolkit.fluxcd.io/",
  "helm.toolkit.fluxcd.io/",
  "app.kubernetes.io/",
  "sekisho.dev/",
];

/** A finding for each annotation that asks for a behaviour that is not given. */
export function annotationFindings(ingress: Known<Ingress>, origin: Origin): readonly Finding[] {
  return Object.keys(ingress.object.metadata.annotations).flatMap((name) => {
    if (name === classAnnotation || !name.includes("/")) return [];
    if (notForGateways.some((prefix) => name.startsWith(prefix))) return [];
    return [
      findingAt(origin, `metadata.annotations[${name}]`, "warning", {
        reason: "UnknownAnnotation",
        message: `annotation ${name} is not known to core Ingress and has no effect`,
        advice: "remove it, or check that nobody relies on what it did under another controller",
      }),
    ];
  });
}
