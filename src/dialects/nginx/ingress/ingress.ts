/** An Ingress as NGINX Ingress Controller serves it: each of its hosts whole, in nginx's own order. */

import { findingKey } from "#base/finding.ts";
import type { Ingress, IngressRule } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import type { CertificateUse, Fragment, HostRules } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import { answersChallenge, isOfSolver, markChallenges } from "../../common/challenge.ts";
import { certificatesOfIngress } from "../../common/ingress-certificates.ts";
import { annotationField } from "../../common/support.ts";
import type { DialectSettings, World } from "../../dialect.ts";
import { orderWithSignIn } from "../features/policies/sign-in.ts";
import type { PlacedLocation } from "../features/routes/locations.ts";
import { parseHost } from "../features/server/host.ts";
import { hasSnippet } from "../features/unapplied.ts";
import { isRejected, placeOf, type Report, refusesTwice, requires } from "../report.ts";
import { closingFindings, reportAnnotations } from "./annotations.ts";
import { judgeIngressClass } from "./class.ts";
import { clientsOf } from "./guards.ts";
import { listenersOf } from "./listeners.ts";
import { checkType, countingAnnotations, reportIgnored, seniorityOf, typeOf } from "./mergeable.ts";
import { checkMaster, judgeMinion, pathsOfMinions } from "./minions.ts";
import { placePaths } from "./paths.ts";
import { isReadable, type Reading, readIngress } from "./reading.ts";
import { redirectsOf, serverTls } from "./server.ts";
import type { Told } from "./values.ts";

/** An Ingress's fragment; one in which anything is wrong serves nothing. */
export function translateIngress(
  object: Known<Ingress>,
  world: World,
  settings: DialectSettings,
): Fragment {
  const nothing = { seniority: seniorityOf(object), rules: [], certificates: [] };
  const verdict = judgeIngressClass(object, world, settings);
  if (!verdict.served) return { ...nothing, claimed: false, findings: verdict.findings };
  const reading = readIngress(object, countingAnnotations(object), { world, settings });
  const { report } = reading;
  checkType(object, report);
  reportIgnored(object, report);
  reportAnnotations(object, report, { world, settings });
  const served = typeOf(object) === "minion" ? judgeMinion(reading) : serveHosts(reading);
  const asked = certificatesOfIngress(object, settings);
  const isServed = isReadable(object) && !isRejected(report);
  // A host, a path or a default may each lead to one and the same complaint.
  const findings = new Map(
    [...verdict.findings, ...report.findings, ...asked.findings].map((finding) => [
      findingKey(finding),
      finding,
    ]),
  );
  return {
    ...nothing,
    claimed: true,
    ...(isServed ? served : {}),
    ...(asked.wantedCertificates && { wantedCertificates: asked.wantedCertificates }),
    findings: [...findings.values()],
  };
}

/** What an Ingress serves that is no minion. */
function serveHosts(reading: Reading): Pick<Fragment, "rules" | "certificates"> {
  const { object, spec, report } = reading;
  const rules = spec.rules ?? [];
  if (rules.length === 0) requires(report, "spec.rules");
  if (typeOf(object) === "master") checkMaster(spec, report);
  const seen = new Set<string>();
  const served = rules.flatMap((rule, index) => {
    const at = `spec.rules[${index}]`;
    const text = rule?.host ?? "";
    const host = hostOf(text, at, report);
    if (seen.has(text)) refusesTwice(report, `${at}.host`, text);
    seen.add(text);
    return rule === undefined || host === undefined ? [] : [serveHost(reading, rule, { host, at })];
  });
  const hosts = markChallenges(
    served.map((one) => one.rules),
    object,
  );
  return {
    rules: hosts,
    certificates: served.flatMap(({ certificates }) => certificates),
  };
}

/** An empty host is every host that nobody else has. */
function hostOf(text: string, at: string, report: Report): Host | undefined {
  return text === "" ? { kind: "any" } : parseHost(text, report, `${at}.host`);
}

function serveHost(
  reading: Reading,
  rule: IngressRule,
  { host, at }: { readonly host: Host; readonly at: string },
): { readonly rules: HostRules; readonly certificates: readonly CertificateUse[] } {
  const { object, told, report } = reading;
  const { host: text = "" } = rule;
  const origin = placeOf(report, rule.host === undefined ? at : `${at}.host`);
  const { isTls, certificates } = serverTls(text, host, reading);
  const { ports, https } = listenersOf(told, { isTls, isAny: host.kind === "any" });
  const redirects = redirectsOf(told, { isTls, at: origin.path, port: https });
  const clients = clientsOf(told, { isTls }, reading.world);
  const closing = closingFindings(object, reading.world);
  report.findings.push(...closing);
  const site = { isTls, isClosed: closing.length > 0 };
  const locations = [
    ...placePaths(reading, rule.http?.paths ?? [], { at, ...site }),
    ...(typeOf(object) === "master" ? pathsOfMinions(reading, text, site) : []),
  ];
  const routes = lacksSnippet(told)
    ? [lastRoute(503, origin)]
    : behind(redirects, [...orderWithSignIn(locations), ...lastOf(locations, origin)], clients);
  const ownership = isOfSolver(object) ? "shared" : "whole";
  const rules = { host, ownership, routes, ...(ports && { ports }), origin } as const;
  return {
    rules,
    certificates: certificates.map((use) => ({ ...use, ...(clients && { clients }) })),
  };
}

function lacksSnippet({ text, report }: Told): boolean {
  const name = "nginx.org/server-snippets";
  return hasSnippet(text(name), annotationField(name), report);
}

/** Answers to a certificate authority are given over plain HTTP, and to everybody: the certificate may not be there yet. */
function behind(
  redirects: readonly Route[],
  all: readonly Route[],
  clientCertificates: ClientCertificates | undefined,
): readonly Route[] {
  const routes = all.map((route) => ({
    ...route,
    ...(clientCertificates && { clientCertificates }),
  }));
  const challenges = routes
    .filter((route) => answersChallenge(route) && route.match.kind !== "regex")
    .map(({ match, action, origin }) => ({ match, action, origin }));
  const isOpen = redirects.length === 0 && clientCertificates === undefined;
  return isOpen ? routes : [...challenges, ...redirects, ...routes];
}

/** What none takes is 404, whoever has a default backend. */
function lastOf(locations: readonly PlacedLocation[], origin: Route["origin"]): readonly Route[] {
  const takesAll = locations.some(
    ({ location }) => location.kind === "prefix" && location.path === "/",
  );
  return takesAll ? [] : [lastRoute(404, origin)];
}

function lastRoute(status: number, origin: Route["origin"]): Route {
  return { match: { kind: "prefix", path: "/" }, action: { kind: "respond", status }, origin };
}
