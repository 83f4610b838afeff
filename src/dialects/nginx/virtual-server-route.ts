/** A VirtualServerRoute: subroutes of a VirtualServer that means it. By itself it serves nothing. */

import { findingKey } from "#base/finding.ts";
import type { Known } from "#kinds/kind.ts";
import type { VirtualServerRoute } from "#kinds/nginx/virtual-server-route.ts";
import { formatKey, keyOf, type ObjectKey } from "#kinds/object.ts";
import type { ErrorAnswer } from "#model/action.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { checkInheritance, type Inherited } from "./added-headers.ts";
import { defaultsIn, upstreamDefaults } from "./config-map.ts";
import { checkPolicies, type PolicyScope, protectionOf } from "./features/policies/policies.ts";
import { type Delegator, delegatorsOf } from "./features/routes/delegation.ts";
import { translateErrorPages } from "./features/routes/error-pages.ts";
import type { PlacedLocation } from "./features/routes/locations.ts";
import { formatLocation, parsePath } from "./features/routes/path.ts";
import { translateRoute } from "./features/routes/route.ts";
import { judgeClass } from "./features/server/class.ts";
import { parseHost } from "./features/server/host.ts";
import { reportIdleRouteFields } from "./features/unapplied.ts";
import { translateUpstreams } from "./features/upstreams/backend.ts";
import { forbids, isRejected, type Report, refuses, refusesTwice, warns } from "./report.ts";
import { checkSubroutes } from "./subroutes.ts";

/** What a VirtualServer gives along with the paths. */
export interface Delegation {
  readonly host: string;
  /** At which of its paths it means the object. */
  readonly paths: readonly string[];
  readonly server: PolicyScope;
  /** Of the route that means the object: for subroutes that refer to none themselves. */
  readonly route: PolicyScope;
  /** Of that route: for subroutes that have none themselves. */
  readonly errorAnswers: readonly ErrorAnswer[];
  /** What that route has of the server. */
  readonly inherited: Inherited;
}

const nothing: Inherited = { headers: [], by: "on" };

/** What its owner should know: about itself, and about each VirtualServer that means it. */
export function translateVirtualServerRoute(
  object: Known<VirtualServerRoute>,
  world: World,
  settings: DialectSettings,
  seniority: Seniority,
): Fragment {
  const nothing = { seniority, rules: [], certificates: [] };
  const verdict = judgeClass(object, world, settings);
  if (!verdict.served) return { ...nothing, claimed: false, findings: verdict.findings };
  const alone = placeSubroutes(object, undefined, world, settings).report;
  const delegators = delegatorsOf(object, world).map((delegator) =>
    judgeDelegator(object, delegator, world, settings),
  );
  const taking = delegators.filter(({ report }) => !isRejected(report));
  if (!isRejected(alone) && taking.length === 0) reportUnused(alone, delegators);
  const findings = [alone, ...taking.map(({ report }) => report)].flatMap((one) => one.findings);
  const byKey = new Map(findings.map((finding) => [findingKey(finding), finding]));
  const [first] = taking;
  return {
    ...nothing,
    claimed: true,
    ...(first === undefined ? {} : { servedBy: formatKey(first.server) }),
    findings: [...byKey.values()],
  };
}

interface JudgedDelegator {
  readonly server: ObjectKey;
  readonly report: Report;
}

/** What is found in the object where a VirtualServer means it. */
function judgeDelegator(
  object: Known<VirtualServerRoute>,
  { server, paths }: Delegator,
  world: World,
  settings: DialectSettings,
): JudgedDelegator {
  const none: PolicyScope = {
    ...{ references: [], at: "" },
    report: { origin: originOf(object), findings: [] },
  };
  const host = server.value?.spec?.host ?? "";
  const delegation = {
    host,
    paths,
    server: none,
    route: none,
    errorAnswers: [],
    inherited: nothing,
  };
  const { report } = placeSubroutes(object, delegation, world, settings);
  return { server: keyOf(server.object), report };
}

/** No VirtualServer means the object, or those that do cannot use it as it is. */
function reportUnused(alone: Report, delegators: readonly JudgedDelegator[]): void {
  const [ignoring] = delegators;
  if (ignoring === undefined) {
    warns(alone, "", {
      reason: "NoVirtualServerFound",
      message: "VirtualServer is invalid or doesn't exist",
      advice: "name this object in a route of a VirtualServer",
    });
    return;
  }
  const { server, report } = ignoring;
  const [why] = report.findings.filter(({ severity }) => severity === "error");
  warns(alone, why?.origin.path ?? "", {
    reason: "Ignored",
    message: `VirtualServer ${server.namespace}/${server.name} ignores VirtualServerRoute`,
    advice: `correct it: ${why?.message ?? "nothing of it can be used there"}`,
  });
}

/** The subroutes at their places, with what is found; they count only if nothing rejects the object. */
export function placeSubroutes(
  object: Known<VirtualServerRoute>,
  delegation: Delegation | undefined,
  world: World,
  settings: DialectSettings,
): { readonly locations: readonly PlacedLocation[]; readonly report: Report } {
  const report: Report = { origin: originOf(object), findings: [] };
  const spec = object.value?.spec;
  const subroutes = spec?.subroutes ?? [];
  parseHost(spec?.host, report);
  if (delegation !== undefined && spec?.host !== delegation.host)
    refuses(report, "spec.host", spec?.host ?? "", `must be equal to '${delegation.host}'`);
  const defaults = upstreamDefaults(defaultsIn(world, settings));
  const upstreams = translateUpstreams(spec?.upstreams ?? [], defaults, report, world);
  const texts = subroutes.map((route) => route?.path ?? "");
  checkSubroutes(texts, delegation?.paths ?? [], report);
  const seen = new Set<string>();
  const locations = subroutes.flatMap((route, index) => {
    const at = `spec.subroutes[${index}]`;
    const location = parsePath(route?.path, `${at}.path`, report);
    if (route === undefined || location === undefined) return [];
    const identity = formatLocation(location);
    if (seen.has(identity)) refusesTwice(report, `${at}.path`, route.path ?? "");
    seen.add(identity);
    if (route.route !== undefined && route.route !== "")
      forbids(report, `${at}.route`, "is not allowed");
    if (route.routeSelector !== undefined) forbids(report, `${at}.routeSelector`, "is not allowed");
    const own: PolicyScope = { references: route.policies ?? [], at: `${at}.policies`, report };
    checkPolicies(own, world);
    const pages = translateErrorPages(route.errorPages ?? [], `${at}.errorPages`, report);
    const errorAnswers = pages.length > 0 ? pages : (delegation?.errorAnswers ?? []);
    reportIdleRouteFields(route, at, report);
    const protect = protectionOf(
      delegation?.server ?? own,
      own.references.length > 0 ? own : (delegation?.route ?? own),
      world,
    );
    const { headers, by } = delegation?.inherited ?? nothing;
    const field = "add-header-inherit";
    const inheritance = checkInheritance(route[field], `${at}.${field}`, report);
    const inherited = { headers, by: inheritance ?? by };
    const context = { report, upstreams, location, errorAnswers, inherited };
    return [translateRoute(route, at, context, protect)];
  });
  const isUsable =
    !isRejected(report) && object.problems.every(({ problem }) => problem === "unknown");
  return { locations: isUsable ? locations : [], report };
}
