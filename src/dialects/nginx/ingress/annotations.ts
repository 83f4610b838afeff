/** Annotations of an Ingress that are not applied, beside those whose rows say so; and those by which it is closed. */

import type { Finding } from "#base/finding.ts";
import { classAnnotation, type Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { protectionFindings } from "../../common/closing.ts";
import { originOf } from "../../common/findings.ts";
import { isOfCertificate } from "../../common/ingress-certificates.ts";
import { isProtecting } from "../../common/protecting-annotations.ts";
import { annotationField, asksOfGateways } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { annotationSupport } from "../features/annotations.ts";
import { type Report, warns } from "../report.ts";
import { isOwnAnnotation, isSurelyOurs } from "./class.ts";
import type { Surroundings } from "./reading.ts";

const known: ReadonlySet<string> = new Set(annotationSupport.map(({ field }) => field));

/** Those ask something of cert-manager, which reads them itself. */
const ofCertManager = /^(acme\.)?cert-manager\.io\//;

/** A finding for each that nobody here knows, or that is another controller's. */
export function reportAnnotations(
  ingress: Known<Ingress>,
  report: Report,
  { world, settings }: Surroundings,
): void {
  const { object } = ingress;
  for (const name of Object.keys(object.metadata.annotations)) {
    const at = annotationField(name);
    if (name === classAnnotation || known.has(at) || !asksOfGateways(name)) continue;
    if (ofCertManager.test(name) || isOfCertificate(name, settings)) continue;
    if (isProtecting(name) && !isSurelyOurs(ingress, world)) continue;
    warns(report, at, {
      reason: "UnknownAnnotation",
      message: isOwnAnnotation(name)
        ? `annotation ${name} is not known to NGINX Ingress Controller and has no effect`
        : `annotation ${name} is another controller's and has no effect`,
      advice: "remove it, or check that nobody relies on what it did",
    });
  }
}

/** Of those that keep people out, the ones that are applied, each by its feature. */
const applied = /^nginx\.(org\/basic-auth-secret|com\/jwt-key|(org|com)\/policies)$/;

/**
 * A finding for each annotation that closes the Ingress, as nothing here does what it is for. With the controller itself those of
 * other controllers do nothing; where it is not certain that it was one, they may guard.
 */
export function closingFindings(object: Known<Ingress>, world: World): readonly Finding[] {
  const isCertain = isSurelyOurs(object, world);
  const doesNothing = (name: string): boolean => isCertain && !isOwnAnnotation(name);
  return protectionFindings(
    object,
    originOf(object),
    (name) => applied.test(name) || doesNothing(name),
  );
}
