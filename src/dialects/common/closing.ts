/** What is done where an annotation of another controller decides who may pass: nobody passes. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { HostRules } from "#model/fragment.ts";
import type { Route } from "#model/route.ts";
import { findingAt } from "./findings.ts";
import { isProtecting } from "./protecting-annotations.ts";
import { annotationField } from "./support.ts";

/** A finding for each annotation of an Ingress that keeps everybody out, because what it asks for is not there; `isApplied`: some are. */
export function protectionFindings(
  ingress: Known<Ingress>,
  origin: Origin,
  isApplied: (annotation: string) => boolean = () => false,
): readonly Finding[] {
  return Object.entries(ingress.object.metadata.annotations)
    .filter(([name, value]) => isProtecting(name) && !isApplied(name) && !isOff(name, value))
    .map(([name]) =>
      findingAt(origin, annotationField(name), "error", {
        reason: "ProtectionNotApplied",
        message: `annotation ${name} decides who may pass, and has no effect here: every path of this Ingress answers 503`,
        advice: "remove it, if the Ingress is open to everybody",
      }),
    );
}

function isOff(name: string, value: string): boolean {
  const isSwitchedOff = name.endsWith("-enable") && value.toLowerCase() === "false";
  return isSwitchedOff || takesEverybody(name, value);
}

/** Of both families; cert-manager writes such a list on the Ingresses of its challenges. */
function takesEverybody(name: string, value: string): boolean {
  const networks = value.split(",").map((network) => network.trim());
  const isOpen = ["0.0.0.0/0", "::/0"].every((network) => networks.includes(network));
  return isOpen && /(white|allow)list-source-range$/.test(name);
}

/** The rules with every path closed but the answers to a certificate authority. */
export function closed(rules: readonly HostRules[]): readonly HostRules[] {
  return rules.map((rule) => ({ ...rule, routes: rule.routes.map(closedRoute) }));
}

export function closedRoute(route: Route): Route {
  return route.challenge === true ? route : { ...route, action: { kind: "respond", status: 503 } };
}
