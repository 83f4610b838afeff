import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "#base/tracked/graph.ts";
import type { Action } from "#model/action.ts";
import { Gateway } from "#model/gateway.ts";
import { anyHost, hostFromText } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import { sampleRequest, servedUrls } from "./served-urls.ts";

const origin = { kind: "Ingress.networking.k8s.io", namespace: "default", name: "a", path: "" };
const forward: Action = {
  kind: "forward",
  backend: {
    ...{ namespace: "default", service: "tea", port: 80 },
    protocol: "http1",
    connectTimeoutMs: 1,
  },
  idleTimeoutMs: 1,
  connectRetries: 0,
};

function route(path: string, action: Action = forward): Route {
  return { match: { kind: "prefix", path }, action, origin };
}

/** A gateway of one object. */
function gatewayOf(
  rules: Readonly<Record<string, readonly Route[]>>,
  more: { readonly secureHost?: string; readonly fallback?: Route } = {},
): Gateway {
  const ignored = { added: () => undefined, removed: () => undefined };
  const graph = new Graph({ onBug: (error) => assert.fail(String(error)) });
  const gateway = new Gateway(
    graph,
    { hosts: ignored, serverNames: ignored },
    { isUsable: () => true, keyTypeFor: () => undefined },
  );
  const { secureHost, fallback } = more;
  const secret = { namespace: "default", name: "tls" };
  gateway.setFragment("a", {
    seniority: { ...origin, creationTimestamp: "2026-01-01T00:00:00Z" },
    claimed: true,
    rules: Object.entries(rules).map(([host, routes]) => ({
      host: host === "*" ? anyHost : hostFromText(host),
      ownership: "shared",
      routes,
      origin,
    })),
    certificates:
      secureHost === undefined ? [] : [{ host: hostFromText(secureHost), secret, origin }],
    ...(fallback === undefined ? {} : { fallback }),
    findings: [],
  });
  return gateway;
}

const usual = { ports: { http: 80, https: 443 }, address: "127.0.0.1" };
const other = { ports: { http: 8080, https: 8443 }, address: "::1" };

test("each host is served over HTTP, and over HTTPS where it has a certificate", () => {
  const gateway = gatewayOf({ "a.test": [], "*.b.test": [] }, { secureHost: "a.test" });
  assert.deepEqual(servedUrls(gateway, usual), [
    "http://*.b.test",
    "https://a.test",
    "http://a.test",
  ]);
  assert.deepEqual(servedUrls(gateway, other), [
    "http://*.b.test:8080",
    "https://a.test:8443",
    "http://a.test:8080",
  ]);
});

test("every host is shown by the address, also when only a default backend takes it", () => {
  assert.deepEqual(servedUrls(gatewayOf({ "*": [route("/")] }), usual), ["http://127.0.0.1"]);
  const fallback = gatewayOf({}, { fallback: route("/") });
  assert.deepEqual(servedUrls(fallback, other), ["http://[::1]:8080"]);
  assert.deepEqual(servedUrls(gatewayOf({}), usual), []);
});

test("the sample is the first request that goes to a backend", () => {
  const answered = route("/", { kind: "respond", status: 503 });
  const gateway = gatewayOf({ "a.test": [answered], "b.test": [route("/tea"), answered] });
  const expected = "curl --resolve b.test:8080:[::1] http://b.test:8080/tea";
  assert.equal(sampleRequest(gateway, other), expected);
  assert.equal(sampleRequest(gatewayOf({ "a.test": [answered] }), usual), undefined);
});

test("the sample names one host below a wildcard, and no path that a shell would read", () => {
  const gateway = gatewayOf({ "*.b.test": [route("/$(x)"), route("/tea")] });
  const expected = "curl --resolve www.b.test:80:127.0.0.1 http://www.b.test/tea";
  assert.equal(sampleRequest(gateway, usual), expected);
  assert.equal(sampleRequest(gatewayOf({ "*": [route("/")] }), usual), "curl http://127.0.0.1/");
});
