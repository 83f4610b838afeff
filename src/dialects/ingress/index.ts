/** Core Ingress (networking.k8s.io/v1): one Ingress object into its fragment of the model. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { type Ingress, type IngressPath, type IngressRule, ingressKind } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { Fragment, HostRules, Seniority } from "#model/fragment.ts";
import { anyHost } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import { markChallenges } from "../common/challenge.ts";
import { closed, closedRoute, protectionFindings } from "../common/closing.ts";
import { findingAt, originOf } from "../common/findings.ts";
import { certificatesOfIngress } from "../common/ingress-certificates.ts";
import { indexSupport, supportFindings } from "../common/support.ts";
import type { Dialect, DialectSettings, World } from "../dialect.ts";
import { annotationFindings } from "./features/annotations.ts";

import { translateBackend } from "./features/backend.ts";
import { judgeClass } from "./features/class.ts";
import { parseHost } from "./features/host.ts";
import { parsePath } from "./features/path.ts";
import { translateTls } from "./features/tls.ts";
import { ingressSupport } from "./support.ts";

const supportIndex = indexSupport(ingressSupport);

export const ingress: Dialect = {
  name: "ingress",
  kinds: [ingressKind.id],
  support: ingressSupport,
  indexes: [],
  translate: (object, world, settings) => translate(object as Known<Ingress>, world, settings),
  refuse: (object, problem) => refuse(object as Known<Ingress>, problem),
};

function translate(object: Known<Ingress>, world: World, settings: DialectSettings): Fragment {
  const origin = originOf(object);
  const seniority = seniorityOf(object);
  const verdict = judgeClass(object, world, settings);
  if (!verdict.served)
    return { seniority, claimed: false, rules: [], certificates: [], findings: verdict.findings };
  const findings: Finding[] = [
    ...verdict.findings,
    ...annotationFindings(object, origin, settings),
    ...supportFindings(object, supportIndex),
  ];
  const rules = (object.value?.spec?.rules ?? []).flatMap((rule, index) =>
    rule === undefined
      ? []
      : translateRule(rule, { ...origin, path: `spec.rules[${index}]` }, world, findings),
  );
  const asked = certificatesOfIngress(object, settings);
  const tls = translateTls(object, origin, world, asked);
  findings.push(...tls.findings, ...asked.findings);
  const fallback = translateDefault(object, origin, world, findings);
  const unprotected = protectionFindings(object, origin);
  findings.push(...unprotected);
  const isOpen = unprotected.length === 0;
  const marked = markChallenges(rules, object);
  return {
    seniority,
    claimed: true,
    rules: isOpen ? marked : closed(marked),
    certificates: tls.certificates,
    ...(asked.wantedCertificates && { wantedCertificates: asked.wantedCertificates }),
    ...(fallback === undefined ? {} : { fallback: isOpen ? fallback : closedRoute(fallback) }),
    findings,
  };
}

function translateRule(
  rule: IngressRule,
  origin: Origin,
  world: World,
  findings: Finding[],
): readonly HostRules[] {
  const host = parseHost(rule.host);
  if (!host.ok) {
    findings.push(
      findingAt(origin, `${origin.path}.host`, "error", {
        reason: "InvalidHost",
        message: host.error,
        advice:
          "write a DNS name such as shop.example.com or *.example.com, without port; this rule is not served",
      }),
    );
    return [];
  }
  const routes = (rule.http?.paths ?? []).flatMap((entry, index) => {
    if (entry === undefined) return [];
    const at = { ...origin, path: `${origin.path}.http.paths[${index}]` };
    const route = translatePath(entry, at, world, findings);
    return route === undefined ? [] : [route];
  });
  return [{ host: host.value, ownership: "shared", routes, origin }];
}

function translatePath(
  entry: IngressPath,
  origin: Origin,
  world: World,
  findings: Finding[],
): Route | undefined {
  const match = parsePath(entry);
  if (!match.ok) {
    findings.push(
      findingAt(origin, `${origin.path}.path`, "error", {
        reason: "InvalidPath",
        message: match.error,
        advice: "correct the path; it is not served",
      }),
    );
    return undefined;
  }
  const backend = translateBackend(
    entry.backend,
    { ...origin, path: `${origin.path}.backend` },
    world,
  );
  findings.push(...backend.findings);
  return { match: match.value, action: backend.action, origin };
}

function translateDefault(
  object: Known<Ingress>,
  origin: Origin,
  world: World,
  findings: Finding[],
): Route | undefined {
  const backend = object.value?.spec?.defaultBackend;
  if (backend === undefined) return undefined;
  const at = { ...origin, path: "spec.defaultBackend" };
  const verdict = translateBackend(backend, at, world);
  findings.push(...verdict.findings);
  return { match: { kind: "prefix", path: "/" }, action: verdict.action, origin: at };
}

function seniorityOf(object: Known<Ingress>): Seniority {
  const { creationTimestamp, namespace, name } = object.object.metadata;
  return { creationTimestamp, kind: ingressKind.id, namespace, name };
}

/** 500 on every path of every host that can still be read from the object. */
function refuse(object: Known<Ingress>, problem: string): Fragment {
  const origin = originOf(object);
  const rules = object.value?.spec?.rules ?? [];
  const hosts = rules.flatMap((rule) => {
    const host = parseHost(rule?.host);
    return host.ok ? [host.value] : [];
  });
  return {
    seniority: seniorityOf(object),
    claimed: true,
    rules: (hosts.length === 0 && rules.length > 0 ? [anyHost] : hosts).map((host) => ({
      host,
      ownership: "shared",
      routes: [
        { match: { kind: "prefix", path: "/" }, action: { kind: "respond", status: 500 }, origin },
      ],
      origin,
    })),
    certificates: [],
    findings: [
      findingAt(origin, "", "error", {
        reason: "InternalError",
        message: `a bug of ours met this object: ${problem}; its hosts answer 500`,
        advice: "report it with this manifest; other objects are served as before",
      }),
    ],
  };
}
