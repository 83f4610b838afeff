import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Origin } from "#base/origin.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import { FilterConfigSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { RouteConfiguration } from "#gen/envoy/config/route/v3/route_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { ExtAuthzPerRouteSchema } from "#gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts";
import type { Action } from "#model/action.ts";
import { hostFromText } from "#model/host.ts";
import { type Protection, protectionName } from "#model/protection.ts";
import type { PathMatch, Route } from "#model/route.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import { authorizationFilter } from "../filters/authorization.ts";
import { connectionGroupFilter } from "../filters/connection-group.ts";
import { normaliseFilter, wildcardFilter } from "../filters/scope-fallback.ts";
import { protectsAsWellAs } from "../resource.ts";
import type { ConnectionGuard } from "./misdirected.ts";
import { buildRouteConfiguration } from "./route-configuration.ts";

const origin: Origin = {
  kind: "Ingress.networking.k8s.io",
  namespace: "default",
  name: "cafe",
  path: "spec.rules[0].http.paths[1]",
};

const forward: Action = {
  kind: "forward",
  backend: {
    namespace: "default",
    service: "tea",
    port: 80,
    protocol: "http1",
    connectTimeoutMs: 5000,
  },
  idleTimeoutMs: 300_500,
  connectRetries: 1,
};

const everything: PathMatch = { kind: "prefix", path: "/" };

function built(
  routes: readonly Route[],
  guard: ConnectionGuard = { kind: "chain", group: "default/cafe-tls" },
): RouteConfiguration {
  const host = hostFromText("*.cafe.test");
  const virtualHost: VirtualHost = { host, routes, origin, findings: [] };
  const resource = buildRouteConfiguration(virtualHost, guard);
  assert.equal(resource.name, "host/*.cafe.test");
  return fromBinary(RouteConfigurationSchema, resource.bytes);
}

/** The routes after the one that answers 421. */
function ownRoutes(routes: readonly Route[]): RouteConfiguration["virtualHosts"][number]["routes"] {
  return built(routes).virtualHosts[0]?.routes.slice(1) ?? [];
}

test("each kind of path match has its Envoy form, in the given order", () => {
  const matches: readonly PathMatch[] = [
    { kind: "exact", path: "/a" },
    { kind: "segments", path: "/b" },
    { kind: "prefix", path: "/c" },
    everything,
  ];
  const routes = ownRoutes(matches.map((match) => ({ match, action: forward, origin })));
  assert.deepEqual(
    routes.map(({ match }) => match?.pathSpecifier),
    [
      { case: "path", value: "/a" },
      { case: "pathSeparatedPrefix", value: "/b" },
      { case: "prefix", value: "/c" },
      { case: "prefix", value: "/" },
    ],
  );
});

test("a path that no request can have makes no route", () => {
  const match: PathMatch = { kind: "segments", path: "/a?b" };
  assert.deepEqual(ownRoutes([{ match, action: forward, origin }]), []);
});

test("a route is named by its origin", () => {
  const [route] = ownRoutes([{ match: everything, action: forward, origin }]);
  assert.equal(route?.name, "Ingress/default/cafe spec.rules[0].http.paths[1]");
});

test("a forward has no total timeout, and tries again only without a connection, at another endpoint", () => {
  const single: Action = { ...forward, connectRetries: 0 };
  const actions = [forward, single].map((action) => ({ match: everything, action, origin }));
  const [first, second] = ownRoutes(actions).map(({ action }) => action.value);
  assert.ok(first?.$typeName === "envoy.config.route.v3.RouteAction");
  assert.ok(second?.$typeName === "envoy.config.route.v3.RouteAction");
  assert.deepEqual(first.clusterSpecifier, { case: "cluster", value: "default/tea:80" });
  assert.deepEqual([first.timeout?.seconds, first.timeout?.nanos], [0n, 0]);
  assert.deepEqual([first.idleTimeout?.seconds, first.idleTimeout?.nanos], [300n, 500_000_000]);
  assert.equal(first.retryPolicy?.retryOn, "connect-failure");
  assert.equal(first.retryPolicy?.numRetries, 1);
  assert.deepEqual(
    first.retryPolicy?.retryHostPredicate.map(({ name }) => name),
    ["envoy.retry_host_predicates.previous_hosts"],
  );
  assert.equal(second.retryPolicy, undefined);
});

test("X-Forwarded-Host is written over what a client sent, where the route asks for it", () => {
  const told: Action = { ...forward, forwardedHost: true };
  const routes = ownRoutes(
    [told, forward].map((action) => ({ match: everything, action, origin })),
  );
  const written = routes.map(({ requestHeadersToAdd }) =>
    requestHeadersToAdd.map(({ header, appendAction }) => [
      header?.key,
      header?.value,
      appendAction,
    ]),
  );
  const { OVERWRITE_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction;
  const expected = ["x-forwarded-host", "%REQ(:AUTHORITY)%", OVERWRITE_IF_EXISTS_OR_ADD];
  assert.deepEqual(written, [[expected], []]);
});

test("a response has a body only when one is given, and a long one is announced", () => {
  const respond = (body: string): Route => ({
    match: everything,
    action: { kind: "respond", status: 404, body },
    origin,
  });
  const [silent] = ownRoutes([respond("")]).map(({ action }) => action.value);
  assert.ok(silent?.$typeName === "envoy.config.route.v3.DirectResponseAction");
  assert.deepEqual([silent.status, silent.body], [404, undefined]);
  assert.equal(built([respond("short")]).maxDirectResponseBodySizeBytes, undefined);
  assert.equal(built([respond("é".repeat(2049))]).maxDirectResponseBodySizeBytes, 4098);
});

test("a response of 201 bears no Location of Envoy's, and others keep what they are given", () => {
  for (const [status, removed] of [
    [201, ["location"]],
    [302, []],
  ] as const) {
    const action: Action = { kind: "respond", status, body: "made" };
    const [route] = ownRoutes([{ match: everything, action, origin }]);
    assert.deepEqual(route?.responseHeadersToRemove, removed, `${status}`);
  }
});

test("a move goes to the same URL with another path, for good, and keeps the query", () => {
  const action: Action = { kind: "move", status: 301, path: "/tea/" };
  const [route] = ownRoutes([{ match: { kind: "exact", path: "/tea" }, action, origin }]);
  assert.ok(route?.action.case === "redirect");
  const { pathRewriteSpecifier, responseCode, stripQuery } = route.action.value;
  assert.deepEqual(pathRewriteSpecifier, { case: "pathRedirect", value: "/tea/" });
  // 301 is the first of Envoy's codes.
  assert.deepEqual([responseCode, stripQuery], [0, false]);
});

test("headers between our listeners and routes never reach a backend", () => {
  assert.deepEqual(built([]).requestHeadersToRemove, [
    "x-envoy-attempt-count",
    "x-envoy-external-address",
    "x-sekisho-connection",
    "x-sekisho-client",
  ]);
});

test("the filters that look things up stay out of requests whose scope was found at once", () => {
  const { typedPerFilterConfig } = built([]);
  const off = Object.entries(typedPerFilterConfig).map(([name, any]) => [
    name,
    anyUnpack(any, FilterConfigSchema)?.disabled,
  ]);
  assert.deepEqual(off.slice(0, 3), [
    [normaliseFilter().name, true],
    [connectionGroupFilter().name, true],
    [wildcardFilter().name, true],
  ]);
});

const route = (path: string): Route => ({
  match: { kind: "prefix", path },
  action: forward,
  origin,
});

const staff: Protection = {
  kind: "basic",
  realm: "staff",
  passwords: { namespace: "default", name: "staff", key: "htpasswd" },
  failureStatus: 503,
  origin,
};

test("whoever is not protected is not asked about, in every form of a host; who is names policies alone", () => {
  const open = route("/open");
  const routes = [{ ...route("/staff"), protections: [staff] }, open];
  const { typedPerFilterConfig } = built(routes);
  const { name } = authorizationFilter();
  const said = (any: Any | undefined): unknown =>
    any === undefined ? undefined : anyUnpack(any, ExtAuthzPerRouteSchema)?.override;
  assert.deepEqual(said(typedPerFilterConfig[name]), { case: "disabled", value: true });
  const [first, second] = ownRoutes(routes);
  assert.equal(second?.typedPerFilterConfig[name], undefined);
  const asked = said(first?.typedPerFilterConfig[name]);
  assert.ok(JSON.stringify(asked).includes(protectionName(staff)));
  assert.match(protectionName(staff), /^basic\/[0-9a-f]{24}$/);
});

test("protected routes need their policies, and leaving one out protects less", () => {
  const host = { host: hostFromText("*"), origin, findings: [] };
  const protectedOne = { ...host, routes: [{ ...route("/"), protections: [staff] }] };
  const withPolicy = buildRouteConfiguration(protectedOne, { kind: "open" });
  assert.deepEqual(
    withPolicy.needs?.filter(({ type }) => type === "policy"),
    [{ type: "policy", name: protectionName(staff) }],
  );
  const without = buildRouteConfiguration({ ...host, routes: [route("/")] }, { kind: "open" });
  assert.equal(protectsAsWellAs(without, withPolicy), false);
});

test("a guard of server names has the connection looked up before it turns it away, and says whose it would be", () => {
  const guard = { kind: "server-name", host: hostFromText("a.test"), group: "default/a" } as const;
  const [first] = built([], guard).virtualHosts[0]?.routes ?? [];
  const on = Object.entries(first?.typedPerFilterConfig ?? {}).map(([name, any]) => [
    name,
    anyUnpack(any, FilterConfigSchema)?.config !== undefined,
  ]);
  assert.deepEqual(on, [
    [connectionGroupFilter().name, true],
    [wildcardFilter().name, true],
  ]);
  assert.deepEqual(first?.metadata?.filterMetadata, {
    "envoy.filters.http.lua": { connection: "tls/default/a" },
  });
});

test("the first route is the guard, unless every connection may carry the host", () => {
  const routes: readonly Route[] = [{ match: everything, action: forward, origin }];
  const guards: Readonly<Record<string, readonly [guard: ConnectionGuard, matchers: number]>> = {
    "no chain": [{ kind: "chain" }, 1],
    "a chain": [{ kind: "chain", group: "a" }, 2],
    "no server name": [{ kind: "server-name", host: hostFromText("a.test") }, 1],
    "a wildcard's": [{ kind: "server-name", host: hostFromText("*.b.test"), group: "a" }, 3],
    "a name's": [{ kind: "server-name", host: hostFromText("a.test"), group: "a" }, 4],
  };
  for (const [what, [guard, matchers]] of Object.entries(guards)) {
    const [first] = built(routes, guard).virtualHosts[0]?.routes ?? [];
    assert.equal(first?.match?.headers.length, matchers, what);
    assert.ok(first.action.value?.$typeName === "envoy.config.route.v3.DirectResponseAction");
    assert.equal(first.action.value.status, 421, what);
  }
  assert.equal(built(routes, { kind: "open" }).virtualHosts[0]?.routes.length, 1);
});

test("the same virtual host gives the same version, another one another", () => {
  const host: VirtualHost = {
    host: hostFromText("a.test"),
    routes: [{ match: everything, action: forward, origin }],
    origin,
    findings: [],
  };
  const guard: ConnectionGuard = { kind: "chain" };
  const { version } = buildRouteConfiguration(host, guard);
  assert.equal(buildRouteConfiguration(structuredClone(host), guard).version, version);
  assert.notEqual(buildRouteConfiguration({ ...host, routes: [] }, guard).version, version);
});

test("what all forwarding routes of a host have in common is said once, what only some have stays with them", () => {
  const same = ["/a", "/b"].map((path) => ({
    match: { kind: "exact", path } as const,
    action: { ...forward, forwardedHost: true } as const,
    origin,
  }));
  const [common] = built(same).virtualHosts;
  assert.equal(common?.retryPolicy?.numRetries, 1);
  assert.equal(common.requestHeadersToAdd.length, 1);
  for (const { action, requestHeadersToAdd } of common.routes.slice(1)) {
    assert.ok(action.value?.$typeName === "envoy.config.route.v3.RouteAction");
    assert.deepEqual([action.value.retryPolicy, requestHeadersToAdd.length], [undefined, 0]);
  }
  const [mixed] = built([
    ...same,
    { match: everything, action: { ...forward, connectRetries: 0 }, origin },
  ]).virtualHosts;
  assert.deepEqual([mixed?.retryPolicy, mixed?.requestHeadersToAdd], [undefined, []]);
  const retries = mixed?.routes
    .slice(1)
    .map(({ action }) =>
      action.value?.$typeName === "envoy.config.route.v3.RouteAction"
        ? action.value.retryPolicy?.numRetries
        : -1,
    );
  assert.deepEqual(retries, [1, 1, undefined]);
});

test("a route that lets more clients in, or asks more often, is protected less well", () => {
  const limit = { key: ["all"], requests: 1, perMs: 1000, burst: 0, mostKeys: 10 };
  const open: Route = { match: everything, action: forward, origin };
  const guarded: Route = {
    ...open,
    clients: { kind: "only", networks: ["10.0.0.0/8"] },
    rateLimits: { limits: [limit], status: 429 },
  };
  const resource = (route: Route): Parameters<typeof protectsAsWellAs>[0] => {
    const host = hostFromText("cafe.test");
    return buildRouteConfiguration(
      { host, routes: [route], origin, findings: [] },
      { kind: "open" },
    );
  };
  assert.equal(protectsAsWellAs(resource(guarded), resource(guarded)), true);
  for (const less of [{ ...guarded, clients: { kind: "except", networks: [] } } as const, open])
    assert.equal(protectsAsWellAs(resource(less), resource(guarded)), false);
});
