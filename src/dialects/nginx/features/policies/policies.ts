/** Policies that a server or a route refers to. */

import type { Known } from "#kinds/kind.ts";
import { type Policy, policyKind } from "#kinds/nginx/policy.ts";
import type { PolicyReference } from "#kinds/nginx/route.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import type { Route } from "#model/route.ts";
import { originOf } from "../../../common/findings.ts";
import type { World } from "../../../dialect.ts";
import { checkName, isLabel, isSubdomain } from "../../names.ts";
import { applyRule, type Wanted } from "../../policy-rules.ts";
import { isTold, placeOf, type Report, refuses, refusesTwice, tells, warns } from "../../report.ts";
import { broken } from "../routes/action.ts";
import { withTls } from "../upstreams/upstream-tls.ts";
import { mergeAccessControl } from "./access-control.ts";
import { authorizationRules } from "./authorization.ts";
import { allowOrigins } from "./cors.ts";
import { tellStrictTransport } from "./hsts.ts";
import { type KeptLimits, keepLimits } from "./kept-limits.ts";
import type { LimitWish } from "./rate-limit.ts";
import { ambiguousVariable } from "./rate-limit-tiers.ts";

/** One place that refers to policies. */
export interface PolicyScope {
  readonly references: readonly (PolicyReference | undefined)[];
  /** `spec.policies`, `spec.routes[0].policies`. */
  readonly at: string;
  readonly report: Report;
  /** Default: a route. */
  readonly place?: "server" | "server-with-tls";
}

/** What becomes of the routes that policies are for. */
export type Protection = (routes: readonly Route[]) => readonly Route[];

/** What a policy asks for, or why nobody gets through. */
type Judged =
  | { readonly kind: "applied"; readonly rule: string; readonly wanted: Wanted }
  | { readonly kind: "broken"; readonly problem: string };

/**
 * What the policies of a server and of one of its routes do to that route; of one kind, the route's go before the
 * server's. What cannot be applied keeps everybody out: 500, as in nginx.
 */
export function protectionOf(server: PolicyScope, route: PolicyScope, world: World): Protection {
  const scopes = [route, server].map((scope) => ({ scope, judged: judgedIn(scope, world) }));
  if (scopes.some(({ judged }) => judged.some(({ kind }) => kind === "broken"))) return closed;
  const byRule = new Map<string, readonly Wanted[]>();
  for (const { judged } of scopes) {
    const rules = Map.groupBy(
      judged.flatMap((one) => (one.kind === "applied" ? [one] : [])),
      ({ rule }) => rule,
    );
    for (const [rule, all] of rules)
      if (!byRule.has(rule))
        byRule.set(
          rule,
          all.map(({ wanted }) => wanted),
        );
  }
  if (ambiguousVariable(limitsIn(byRule.get("rateLimit") ?? [])) !== undefined) return closed;
  const limiting = scopes.find(({ judged }) => judged.some(isLimit))?.scope ?? server;
  const limits = keptLimits(byRule, { server, limiting });
  if (limits === undefined) return closed;
  const guards = guardsOf(byRule, limits);
  const answers = answersOf(byRule);
  const tls = byRule.get("egressMTLS")?.[0]?.tls;
  return (routes) =>
    answers(
      routes.map((one) => ({
        ...one,
        ...(tls === undefined ? {} : { action: withTls(one.action, tls) }),
        ...guards,
      })),
    );
}

/** Nobody gets through. */
const closed: Protection = (routes) => routes.map((one) => ({ ...one, action: broken }));

function isLimit(judged: Judged): boolean {
  return judged.kind === "applied" && judged.rule === "rateLimit";
}

/** Undefined after a complaint: those of a place that cannot be kept. */
function keptLimits(
  byRule: ReadonlyMap<string, readonly Wanted[]>,
  { server, limiting }: { readonly server: PolicyScope; readonly limiting: PolicyScope },
): KeptLimits | undefined {
  const { at, report } = limiting;
  const kept = keepLimits(limitsIn(byRule.get("rateLimit") ?? []), {
    protections: protectionsIn(byRule),
    object: server.report.origin,
  });
  const text = kept.ok
    ? kept.value.note
    : {
        reason: "PolicyNotApplied",
        message: `Policies with the rule rateLimit ${kept.error}; requests get 500`,
        advice: "have them go by something else, or add what is missing",
      };
  if (text !== undefined && !isTold(report, placeOf(report, at), text))
    (kept.ok ? tells : warns)(report, at, text);
  return kept.ok ? kept.value : undefined;
}

function limitsIn(wanted: readonly Wanted[]): readonly LimitWish[] {
  return wanted.flatMap(({ limit }) => limit ?? []);
}

/** What browsers are told. */
function answersOf(byRule: ReadonlyMap<string, readonly Wanted[]>): Protection {
  const crossOrigin = byRule.get("cors")?.[0]?.crossOrigin;
  const strict = byRule.get("hsts")?.[0]?.strictTransport;
  return (routes) => {
    const allowed = crossOrigin === undefined ? routes : allowOrigins(routes, crossOrigin);
    return strict === undefined ? allowed : tellStrictTransport(allowed, strict);
  };
}

/** Of passwords and the like the first in a place counts. */
function protectionsIn(
  byRule: ReadonlyMap<string, readonly Wanted[]>,
): NonNullable<Route["protections"]> {
  return [...byRule]
    .sort(([a], [b]) => rank(a) - rank(b))
    .flatMap(([, [first]]) => first?.protection ?? []);
}

function guardsOf(
  byRule: ReadonlyMap<string, readonly Wanted[]>,
  { rateLimits, protections }: KeptLimits,
): Pick<Route, "clients" | "protections" | "rateLimits"> {
  const wanted = [...byRule.values()].flat();
  const clients = mergeAccessControl(wanted.flatMap((one) => one.clients ?? []));
  return {
    ...(clients === undefined ? {} : { clients }),
    ...(protections.length === 0 ? {} : { protections }),
    ...(rateLimits === undefined ? {} : { rateLimits }),
  };
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
    const judged = judgeAt(scope, { namespace, name }, world);
    if (judged.kind === "applied") {
      if (judged.wanted.note !== undefined) tells(report, place, judged.wanted.note);
      continue;
    }
    warns(report, place, {
      reason: "PolicyNotApplied",
      message: `Policy ${key} ${judged.problem}; requests get 500`,
      advice: "correct it, or remove the reference if what it refers to is open to everybody",
    });
  }
  reportAmbiguity(scope, world);
}

function reportAmbiguity(scope: PolicyScope, world: World): void {
  const wanted = judgedIn(scope, world).flatMap((one) =>
    one.kind === "applied" ? [one.wanted] : [],
  );
  const variable = ambiguousVariable(limitsIn(wanted));
  if (variable === undefined) return;
  warns(scope.report, scope.at, {
    reason: "PolicyNotApplied",
    message: `of the Policies with conditions on ${variable} more than one is the default; requests get 500`,
    advice: "leave default to one of them",
  });
}

/** nginx asks for a password before it asks others (the order of its modules in the access phase). */
function rank(rule: string): number {
  return Object.keys(authorizationRules).indexOf(rule);
}

/** What clients of a server are asked to show; undefined: nothing. */
export function clientCertificatesOf(
  server: PolicyScope,
  world: World,
): ClientCertificates | undefined {
  const judged = judgedIn(server, world).flatMap((one) => (one.kind === "applied" ? [one] : []));
  return judged.find(({ rule }) => rule === "ingressMTLS")?.wanted.clientCertificates;
}

function judgedIn(scope: PolicyScope, world: World): readonly Judged[] {
  return scope.references.map((reference) => {
    const namespace = namespaceOf(reference, scope.report);
    return judgeAt(scope, { namespace, name: reference?.name ?? "" }, world);
  });
}

/** Handshakes are the server's: one that has none asks nobody for a certificate. */
function judgeAt(
  { place }: PolicyScope,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  world: World,
): Judged {
  const judged = judge(namespace, name, world);
  if (judged.kind === "broken" || judged.rule !== "ingressMTLS" || place === "server-with-tls")
    return judged;
  const problem =
    place === "server"
      ? "has the rule ingressMTLS, and TLS must be enabled for it"
      : "has the rule ingressMTLS, which is not allowed in the route context";
  return { kind: "broken", problem };
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

/** What is wrong with a policy itself: not what it needs and is not there. */
export function faultOf(
  policy: Known<Policy>,
  world: World,
): { readonly path: string; readonly problem: string } | undefined {
  if (policy.problems.some(({ problem }) => problem !== "unknown")) return undefined;
  const judged = judgeRules(policy, world);
  if (judged.kind === "applied") return undefined;
  const [, invalid] = /^is invalid: (.+)$/s.exec(judged.problem) ?? [];
  const [, path, problem] = /^(spec[\w.]*): (.+)$/s.exec(invalid ?? "") ?? [];
  if (path !== undefined && problem !== undefined) return { path, problem };
  if (invalid !== undefined) return { path: "spec", problem: invalid };
  const [, rule, unapplied] =
    /^has the rule (\w+), which (is not applied here)$/.exec(judged.problem) ?? [];
  return rule === undefined
    ? undefined
    : { path: `spec.${rule}`, problem: `Forbidden: this rule ${unapplied}` };
}

function judgeRules(policy: Known<Policy>, world: World): Judged {
  const { ingressClassName: _, ...rules } = policy.value?.spec ?? {};
  const given = Object.entries(rules).filter(([, rule]) => rule !== undefined);
  const [only] = given;
  if (only === undefined || given.length > 1)
    return { kind: "broken", problem: "is invalid: it must have exactly one rule" };
  const [rule] = only;
  const origin = { ...originOf(policy), path: `spec.${rule}` };
  const wanted = applyRule(rule, policy.value?.spec ?? {}, { origin, world });
  return wanted.ok
    ? { kind: "applied", rule, wanted: wanted.value }
    : { kind: "broken", problem: wanted.error };
}
