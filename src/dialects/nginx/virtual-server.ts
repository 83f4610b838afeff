/** A VirtualServer: one host, whole, with all of its routes, those of its VirtualServerRoutes among them. */

import type { Known } from "#kinds/kind.ts";
import type { Route as NginxRoute } from "#kinds/nginx/route.ts";
import type { VirtualServer, VirtualServerSpec } from "#kinds/nginx/virtual-server.ts";
import type { ErrorAnswer } from "#model/action.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { checkInheritance, commonHeaders, type Inherited } from "./added-headers.ts";
import { defaultsIn, upstreamDefaults } from "./config-map.ts";
import {
  checkPolicies,
  clientCertificatesOf,
  type PolicyScope,
  protectionOf,
} from "./features/policies/policies.ts";
import { orderWithSignIn } from "./features/policies/sign-in.ts";
import { type Delegated, delegatesOf, pathsFor } from "./features/routes/delegation.ts";
import { translateErrorPages } from "./features/routes/error-pages.ts";
import type { PlacedLocation } from "./features/routes/locations.ts";
import { formatLocation, type Location, parsePath } from "./features/routes/path.ts";
import { placeAction, translateRoute } from "./features/routes/route.ts";
import { translateCertManager } from "./features/server/cert-manager.ts";
import { judgeClass } from "./features/server/class.ts";
import { translateExternalDns } from "./features/server/external-dns.ts";
import { parseHost } from "./features/server/host.ts";
import { hostPorts } from "./features/server/listeners.ts";
import { translateTls } from "./features/server/tls.ts";
import { hasSnippet, reportIdleRouteFields, reportIdleServerFields } from "./features/unapplied.ts";
import { translateUpstreams, type Upstreams } from "./features/upstreams/backend.ts";
import { isRejected, placeOf, type Report, refuses, refusesTwice, warns } from "./report.ts";
import { placeSubroutes } from "./virtual-server-route.ts";

interface Server {
  readonly object: Known<VirtualServer>;
  readonly spec: VirtualServerSpec;
  readonly host: Host;
  readonly report: Report;
  readonly upstreams: Upstreams;
  readonly policies: PolicyScope;
  readonly world: World;
  readonly settings: DialectSettings;
}

/** A VirtualServer's fragment; one in which anything is wrong serves nothing. */
export function translateVirtualServer(
  object: Known<VirtualServer>,
  world: World,
  settings: DialectSettings,
  seniority: Seniority,
): Fragment {
  const nothing = { seniority, rules: [], certificates: [] };
  const verdict = judgeClass(object, world, settings);
  if (!verdict.served) return { ...nothing, claimed: false, findings: verdict.findings };
  const report: Report = { origin: originOf(object), findings: [] };
  const spec = object.value?.spec ?? {};
  const host = parseHost(spec.host, report);
  const policies: PolicyScope = {
    ...{ references: spec.policies ?? [], at: "spec.policies", report },
    place: spec.tls === undefined ? "server" : "server-with-tls",
  };
  checkPolicies(policies, world);
  reportIdleServerFields(spec, report);
  const defaults = upstreamDefaults(defaultsIn(world, settings));
  const upstreams = translateUpstreams(spec.upstreams ?? [], defaults, report, world);
  const any: Host = host ?? { kind: "any" };
  const { metadata } = object.object;
  const own = host && spec.host;
  const wanted = {
    ...translateCertManager(spec.tls, own, metadata.labels, report),
    ...translateExternalDns(spec.externalDNS, own, metadata, report),
  };
  const tls = translateTls(spec.tls, any, report, { world, asked: wanted });
  const server = { object, spec, host: any, report, upstreams, policies, world, settings };
  const clients = clientCertificatesOf(policies, world);
  const routes = routesOf(server).map((route) => ({
    ...route,
    ...(spec.gunzip === true && route.action.kind === "forward"
      ? { action: { ...route.action, unpacks: true as const } }
      : {}),
    ...(clients === undefined ? {} : { clientCertificates: clients }),
  }));
  const ports = hostPorts(spec.listener, report, server);
  const isRead = object.problems.every(({ problem }) => problem === "unknown");
  if (host === undefined || isRejected(report) || !isRead)
    return { ...nothing, claimed: true, ...wanted, findings: report.findings };
  const origin = placeOf(report, "spec.host");
  return {
    seniority,
    claimed: true,
    rules: [
      {
        ...{ host, ownership: "whole", routes: [...tls.redirects, ...routes], origin },
        ...(ports === undefined ? {} : { ports }),
      },
    ],
    certificates: tls.certificates.map((use) =>
      clients === undefined ? use : { ...use, clients },
    ),
    ...wanted,
    findings: report.findings,
  };
}

/** In the order in which they are tried; what none takes is 404, whoever has a default backend. */
function routesOf(server: Server): readonly Route[] {
  const { spec, report } = server;
  const origin = placeOf(report, "spec.host");
  const all = { match: { kind: "prefix", path: "/" }, origin } as const;
  const isSnippetLost =
    hasSnippet(spec["server-snippets"], "spec.server-snippets", report) || lacksSnippets(server);
  const locations = locationsOf(server);
  if (isSnippetLost) return [{ ...all, action: { kind: "respond", status: 503 } }];
  const takesAll = locations.some(
    ({ location }) => location.kind === "prefix" && location.path === "/",
  );
  const routes = orderWithSignIn(locations);
  return takesAll ? routes : [...routes, { ...all, action: { kind: "respond", status: 404 } }];
}

/** Those that the controller's ConfigMap has for everybody. */
function lacksSnippets({ report, world, settings }: Server): boolean {
  const defaults = defaultsIn(world, settings);
  return ["server-snippets", "location-snippets"].some((key) =>
    hasSnippet(defaults(key), "spec.host", report),
  );
}

function locationsOf(server: Server): readonly PlacedLocation[] {
  const { spec, report } = server;
  const seen = new Set<string>();
  return (spec.routes ?? []).flatMap((route, index) => {
    if (route === undefined) return [];
    const at = `spec.routes[${index}]`;
    const location = parsePath(route.path, `${at}.path`, report);
    const scope = { references: route.policies ?? [], at: `${at}.policies`, report };
    checkPolicies(scope, server.world);
    const errorAnswers = translateErrorPages(route.errorPages ?? [], `${at}.errorPages`, report);
    reportIdleRouteFields(route, at, report);
    if (!hasOneWay(route, at, report) || location === undefined) return [];
    const identity = formatLocation(location);
    if (seen.has(identity)) refusesTwice(report, `${at}.path`, route.path ?? "");
    seen.add(identity);
    if (isDelegated(route)) return delegate(server, { route, at, location, scope, errorAnswers });
    const protect = protectionOf(server.policies, scope, server.world);
    const { upstreams } = server;
    const inherited = inheritedBy(server, route, at);
    const context = { report, upstreams, location, errorAnswers, inherited };
    return [translateRoute(route, at, context, protect)];
  });
}

/** Headers of answers that a route has of the server, and that of the controller's ConfigMap. */
function inheritedBy(
  { spec, report, world, settings }: Server,
  route: NginxRoute,
  at: string,
): Inherited {
  const common = commonHeaders(defaultsIn(world, settings));
  const field = "add-header-inherit";
  const ofServer = checkInheritance(spec[field], `spec.${field}`, report);
  const own = checkInheritance(route[field], `${at}.${field}`, report);
  return { ...common, by: own ?? ofServer ?? common.by };
}

function isDelegated({ route = "", routeSelector }: NginxRoute): boolean {
  return route !== "" || routeSelector !== undefined;
}

function hasOneWay(route: NginxRoute, at: string, report: Report): boolean {
  const { action, splits = [], matches = [], routeSelector } = route;
  const ways = [
    action !== undefined,
    splits.length > 0,
    routeSelector !== undefined,
    (route.route ?? "") !== "",
  ].filter((way) => way);
  if (ways.length === 1) return true;
  const detail =
    matches.length > 0
      ? "must specify exactly one of `action` or `splits`"
      : "must specify exactly one of `action`, `splits`, `route` or `routeSelector`";
  refuses(report, at, "", detail);
  return false;
}

interface DelegatedRoute {
  readonly route: NginxRoute;
  readonly at: string;
  readonly location: Location;
  readonly scope: PolicyScope;
  readonly errorAnswers: readonly ErrorAnswer[];
}

/** The subroutes of those who are meant. Where nobody usable is, the path is 404. */
function delegate(server: Server, given: DelegatedRoute): readonly PlacedLocation[] {
  const { report, world } = server;
  const { route, at, location } = given;
  const meant = delegatesOf(route, at, report, world) ?? [];
  const locations = meant.map((one) => subroutesOf(server, given, one));
  const missing = meant.filter((_, index) => locations[index] === undefined);
  for (const { key } of missing) {
    warns(report, route.routeSelector === undefined ? `${at}.route` : `${at}.routeSelector`, {
      reason: "VirtualServerRouteNotUsable",
      message: `VirtualServerRoute ${key} doesn't exist or invalid`,
      advice: "create it, or look at what is found about it",
    });
  }
  const placed = locations.flatMap((one) => one ?? []);
  if (placed.length > 0 || meant.length > missing.length) return placed;
  return [placeAction(location, at, report, { kind: "respond", status: 404 })];
}

function subroutesOf(
  server: Server,
  { route, at, scope, errorAnswers }: DelegatedRoute,
  delegated: Delegated,
): readonly PlacedLocation[] | undefined {
  const { object, spec, policies, world, settings } = server;
  const meant = delegated.object;
  if (meant === undefined || !judgeClass(meant, world, settings).served) return undefined;
  const delegation = {
    host: spec.host ?? "",
    paths: pathsFor(object, meant),
    server: policies,
    route: scope,
    errorAnswers,
    inherited: inheritedBy(server, route, at),
  };
  const { locations, report } = placeSubroutes(meant, delegation, world, settings);
  return isRejected(report) || locations.length === 0 ? undefined : locations;
}
