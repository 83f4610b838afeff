/** Paths by which cert-manager answers a certificate authority (HTTP-01, RFC 8555 §8.3). */

import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { HostRules } from "#model/fragment.ts";
import { pathText, type Route } from "#model/route.ts";

/** On the Ingresses that cert-manager makes for the time of one challenge. */
const solverLabel = "acme.cert-manager.io/http01-solver";

/** The rules with the answers to challenges marked: only cert-manager's own Ingresses have such. */
export function markChallenges(
  rules: readonly HostRules[],
  { object }: Known<Ingress>,
): readonly HostRules[] {
  if (object.metadata.labels[solverLabel] !== "true") return rules;
  return rules.map((rule) => ({ ...rule, routes: rule.routes.map(marked) }));
}

function marked(route: Route): Route {
  const answers = pathText(route.match).startsWith("/.well-known/acme-challenge/");
  return answers ? { ...route, challenge: true } : route;
}
