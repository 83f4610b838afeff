/** Policies that a server or a route refers to. */

import type { Known } from "#kinds/kind.ts";
import { type Policy, policyKind } from "#kinds/nginx/policy.ts";
import type { PolicyReference } from "#kinds/nginx/route.ts";
import type { Protection as ModelProtection } from "#model/protection.ts";
import type { Route } from "#model/route.ts";
import { originOf } from "../../common/findings.ts";
import type { World } from "../../dialect.ts";
import { checkName, isLabel, isSubdomain } from "../names.ts";
import { type Report, refuses, refusesTwice, warns } from "../report.ts";
import { broken } from "./action.ts";
import { authorizationRules } from "./authorization.ts";

/** One place that refers to policies. */
export interface PolicyScope {
  readonly references: readonly (PolicyReference | undefined)[];
  /** `spec.policies`, `spec.routes[0].policies`. */
  readonly at: string;
  readonly report: Report;
}

/** What becomes of the routes that policies are for. */
export type Protection = (routes: readonly Route[]) => readonly Route[];

/** What a policy asks for, or why nobody gets through. */
type Judged =
  | { readonly kind: "applied"; readonly rule: string; readonly protection: ModelProtection }
  | { readonly kind: "broken"; readonly problem: string };

/**
 * What the policies of a server and of one of its routes do to that route; of one kind, the route's go before the
 * server's. What cannot be applied keeps everybody out: 500, as in nginx.
 */
export function protectionOf(server: PolicyScope, route: PolicyScope, world: World): Protection {
  const judged = [route, server].map((scope) => judgedIn(scope, world));
  if (judged.flat().some(({ kind }) => kind === "broken"))
    return (routes) => routes.map((one) => ({ ...one, action: broken }));
  const byRule = new Map<string, ModelProtection>();
  for (const one of judged.flat()) {
    // The first of a kind counts, also of several in one place.
    if (one.kind === "applied" && !byRule.has(one.rule)) byRule.set(one.rule, one.protection);
  }
  const protections = [...byRule].sort(([a], [b]) => rank(a) - rank(b)).map(([, one]) => one);
  if (protections.length === 0) return (routes) => routes;
  return (routes) => routes.map((one) => ({ ...one, protections }));
}

/** Complains about references that are none, and says of which others nobody gets through. */
export function checkPolicies(scope: PolicyScope, world: World): void {
  const { references, at, report } = scope;
  const seen = new Set<string>();
  for (const [index, reference] of references.entries()) {
    const place = `${at}[${index}]`;
    const name = checkName(reference?.name, `${place}.name`, report, isSubdomain);
    const namespace = namespaceOf(reference, report);
    if (!isLabel(namespace))
      refuses(report, `${place}.namespace`, namespace, "must be the name of a namespace");
    if (name === undefined) continue;
    const key = `${namespace}/${name}`;
    if (seen.has(key)) refusesTwice(report, place, key);
    seen.add(key);
    const judged = judge(namespace, name, world);
    if (judged.kind === "applied") continue;
    warns(report, place, {
      reason: "PolicyNotApplied",
      message: `Policy ${key} ${judged.problem}; requests get 500`,
      advice: "correct it, or remove the reference if what it refers to is open to everybody",
    });
  }
}

/** nginx asks for a password before it asks others (the order of its modules in the access phase). */
function rank(rule: string): number {
  return Object.keys(authorizationRules).indexOf(rule);
}

function judgedIn({ references, report }: PolicyScope, world: World): readonly Judged[] {
  return references.map((reference) =>
    judge(namespaceOf(reference, report), reference?.name ?? "", world),
  );
}

function namespaceOf(reference: PolicyReference | undefined, { origin }: Report): string {
  const given = reference?.namespace ?? "";
  return given === "" ? origin.namespace : given;
}

function judge(namespace: string, name: string, world: World): Judged {
  const policy = world.get(policyKind, namespace, name);
  if (policy === undefined) return { kind: "broken", problem: "does not exist" };
  const [wrong] = policy.problems.filter(({ problem }) => problem !== "unknown");
  if (wrong !== undefined)
    return { kind: "broken", problem: `is invalid: ${wrong.path} ${wrong.message}` };
  return judgeRules(policy, world);
}

function judgeRules(policy: Known<Policy>, world: World): Judged {
  const { ingressClassName: _, ...rules } = policy.value?.spec ?? {};
  const given = Object.entries(rules).filter(([, rule]) => rule !== undefined);
  const [only] = given;
  if (only === undefined || given.length > 1)
    return { kind: "broken", problem: "is invalid: it must have exactly one rule" };
  const [rule] = only;
  const translate = authorizationRules[rule];
  if (translate === undefined)
    return { kind: "broken", problem: `has the rule ${rule}, which is not applied here` };
  const translated = translate(policy.value?.spec ?? {}, {
    origin: { ...originOf(policy), path: `spec.${rule}` },
    world,
  });
  return translated.ok
    ? { kind: "applied", rule, protection: translated.value }
    : { kind: "broken", problem: translated.error };
}
