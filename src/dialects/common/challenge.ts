/** Paths by which cert-manager answers a certificate authority (HTTP-01, RFC 8555 §8.3). */

import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { HostRules } from "#model/fragment.ts";
import { pathText, type Route } from "#model/route.ts";

/** On the Ingresses that cert-manager makes for the time of one challenge. */
const solverLabel = "acme.cert-manager.io/http01-solver";

/** Whether an Ingress is one of cert-manager's own, made to answer a challenge. */
export function isOfSolver({ object }: Known<Ingress>): boolean {
  return object.metadata.labels[solverLabel] === "true";
}

/** The rules with the answers to challenges marked: only cert-manager's own Ingresses have such. */
export function markChallenges(
  rules: readonly HostRules[],
  ingress: Known<Ingress>,
): readonly HostRules[] {
  if (!isOfSolver(ingress)) return rules;
  return rules.map((rule) => ({ ...rule, routes: rule.routes.map(marked) }));
}

/** Whether a route is where challenges are answered. */
export function answersChallenge({ match }: Route): boolean {
  return pathText(match).startsWith("/.well-known/acme-challenge/");
}

function marked(route: Route): Route {
  return answersChallenge(route) ? { ...route, challenge: true } : route;
}
