/** Annotations by which other controllers decide who may pass. Nothing here does what they ask for, so nobody passes. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { HostRules } from "#model/fragment.ts";
import type { Route } from "#model/route.ts";
import { findingAt } from "../../common/findings.ts";
import { annotationField } from "../../common/support.ts";

/** By the prefix of a controller. */
const protecting: Readonly<Record<string, readonly string[]>> = {
  "nginx.org": ["basic-auth-secret", "policies"],
  "nginx.com": ["jwt-key", "policies"],
  "appprotect.f5.com": ["app-protect-enable", "app-protect-policy"],
  "nginx.ingress.kubernetes.io": [
    ...["auth-type", "auth-secret", "auth-url", "auth-tls-secret"],
    ...["whitelist-source-range", "allowlist-source-range", "denylist-source-range"],
  ],
  "k8s.apisix.apache.org": [
    ...["auth-type", "auth-uri", "allowlist-source-range", "blocklist-source-range"],
  ],
  "ingress.bluemix.net": ["mutual-auth", "appid-auth", "iam-ui-auth", "iam-cli-auth"],
};

const names: ReadonlySet<string> = new Set(
  Object.entries(protecting).flatMap(([prefix, all]) => all.map((name) => `${prefix}/${name}`)),
);

/** Whether an annotation keeps people out under the controller whose it is. */
export function isProtecting(annotation: string): boolean {
  return names.has(annotation);
}

/** A finding for each annotation of an Ingress that keeps everybody out, because what it asks for is not there. */
export function protectionFindings(ingress: Known<Ingress>, origin: Origin): readonly Finding[] {
  return Object.entries(ingress.object.metadata.annotations)
    .filter(([name, value]) => isProtecting(name) && !takesEverybody(name, value))
    .map(([name]) =>
      findingAt(origin, annotationField(name), "error", {
        reason: "ProtectionNotApplied",
        message: `annotation ${name} decides who may pass, and has no effect here: every path of this Ingress answers 503`,
        advice: "remove it, if the Ingress is open to everybody",
      }),
    );
}

/** cert-manager writes such a list on the Ingresses of its challenges. */
function takesEverybody(name: string, value: string): boolean {
  const networks = value.split(",").map((network) => network.trim());
  return /(white|allow)list-source-range$/.test(name) && networks.includes("0.0.0.0/0");
}

/** The rules with every path closed but the answers to a certificate authority. */
export function closed(rules: readonly HostRules[]): readonly HostRules[] {
  return rules.map((rule) => ({ ...rule, routes: rule.routes.map(closedRoute) }));
}

export function closedRoute(route: Route): Route {
  return route.challenge === true ? route : { ...route, action: { kind: "respond", status: 503 } };
}
