/** Annotations: core Ingress has one of its own; those of other controllers ask for something nobody gives here. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { classAnnotation, type Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { findingAt } from "../../common/findings.ts";
import { isOfCertificate } from "../../common/ingress-certificates.ts";
import { isProtecting } from "../../common/protecting-annotations.ts";
import { annotationField, asksOfGateways } from "../../common/support.ts";
import type { AutoCertificates } from "../../dialect.ts";

/** A finding for each annotation that asks for a behaviour that is not given. */
export function annotationFindings(
  ingress: Known<Ingress>,
  origin: Origin,
  settings: AutoCertificates,
): readonly Finding[] {
  return Object.keys(ingress.object.metadata.annotations).flatMap((name) => {
    if (name === classAnnotation || !asksOfGateways(name)) return [];
    if (isProtecting(name) || isOfCertificate(name, settings)) return [];
    return [
      findingAt(origin, annotationField(name), "warning", {
        reason: "UnknownAnnotation",
        message: `annotation ${name} is not known to core Ingress and has no effect`,
        advice: "remove it, or check that nobody relies on what it did under another controller",
      }),
    ];
  });
}
