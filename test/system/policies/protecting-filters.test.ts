import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filterOrder } from "#envoy/filters/order.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import type { KubeObject } from "#kinds/object.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import {
  credentials,
  plainSettings,
  secretForServerName,
  startEcho,
  worldResources,
} from "../harness/host-world.ts";
import { freePorts, startEnvoy } from "../harness/real-envoy.ts";
import { startTestGate } from "../harness/test-gate.ts";
import type { Peer } from "../harness/wire-client.ts";
import { Http2Connection, http1Text, sendText } from "../harness/wire-client.ts";

/** How a filter is provoked: settings of the gate, a request that it must turn away, and one that it must let pass. */
interface Provocation {
  readonly filter: string;
  readonly settings: ListenerSettings;
  readonly refused: { readonly path: string; readonly status: number };
  /** The refused path is asked once before. */
  readonly isSpent?: true;
  /** Absent: under these settings nothing passes. */
  readonly allowedPath?: string;
  /** Header lines with which the refused path passes, too. */
  readonly passing?: readonly string[];
}

const provocations: Readonly<Record<string, Provocation>> = {
  "the gate, to a client that is not allowed": {
    filter: "sekisho.gate",
    settings: { ...plainSettings, allowedClients: [cidrRangeOf("203.0.113.0/24")] },
    refused: { path: "/", status: 403 },
  },
  "the gate, to a hidden climb": {
    filter: "sekisho.gate",
    settings: plainSettings,
    refused: { path: "/open/..%2Fadmin", status: 403 },
    allowedPath: "/open/%2Fadmin",
  },
  "the client rule, to a client outside of the networks that may pass": {
    filter: "sekisho.client-rule",
    settings: plainSettings,
    refused: { path: "/office", status: 403 },
    allowedPath: "/officer",
  },
  "the client rule, to a client of a network that may not pass": {
    filter: "sekisho.client-rule",
    settings: plainSettings,
    refused: { path: "/home/x", status: 403 },
    allowedPath: "/",
  },
  "the rate limit, to who asked before": {
    filter: "sekisho.rate-limit",
    settings: plainSettings,
    refused: { path: "/seldom", status: 429 },
    isSpent: true,
    allowedPath: "/seldomly",
  },
  "the adapter, to who shows nothing": {
    filter: "sekisho.authorization",
    settings: plainSettings,
    refused: { path: "/secret/plans", status: 401 },
    allowedPath: "/secretary",
    passing: [`Authorization: Basic ${btoa(credentials)}`],
  },
};

const layouts: Readonly<Record<string, typeof chainLayout>> = {
  "one chain a certificate": chainLayout,
  "certificates on demand": onDemandLayout,
};

/** Every form in which a request can name a host, with a server name whose certificate is the host's. */
const forms: Readonly<Record<string, { readonly authority: string; readonly serverName: string }>> =
  {
    "an exact host": { authority: "shop.test", serverName: "shop.test" },
    "a one-label wildcard": { authority: "a.one.test", serverName: "a.one.test" },
    "a many-label wildcard": { authority: "a.b.many.test", serverName: "a.b.many.test" },
    "the default host": { authority: "unknown.test", serverName: "unknown.test" },
    "an exact host with a port": { authority: "shop.test:8443", serverName: "shop.test" },
    "a wildcard with a port": { authority: "a.one.test:8443", serverName: "a.one.test" },
    "an exact host in upper case": { authority: "SHOP.TEST", serverName: "shop.test" },
    "a wildcard in upper case": { authority: "A.ONE.TEST", serverName: "a.one.test" },
    "an exact host with a trailing dot": { authority: "shop.test.", serverName: "shop.test" },
    "a wildcard with a trailing dot": { authority: "a.one.test.", serverName: "a.one.test" },
    "a wildcard with all of these": { authority: "A.one.test.:1", serverName: "a.one.test" },
    "an address": { authority: "10.0.0.1", serverName: "unknown.test" },
  };

interface Gate {
  readonly http: number;
  readonly https: number;
}

const everything = new AsyncDisposableStack();
const gates = new Map<ListenerSettings, Map<string, Gate>>();

function gateOf(settings: ListenerSettings, layoutName: string): Gate {
  const gate = gates.get(settings)?.get(layoutName);
  assert.ok(gate);
  return gate;
}

before(async () => {
  const echo = everything.use(await startEcho());
  for (const settings of new Set(Object.values(provocations).map((one) => one.settings))) {
    const byLayout = new Map<string, Gate>();
    gates.set(settings, byLayout);
    for (const [layoutName, create] of Object.entries(layouts)) {
      const ports = await freePorts("http", "https");
      const layout: ListenerLayout = create(settings, ports);
      const resources = worldResources(layout, echo.port);
      const envoy = everything.use(await startEnvoy(resources, secretForServerName));
      assert.deepEqual(envoy.refused, []);
      byLayout.set(layoutName, ports);
    }
  }
});

after(() => everything.disposeAsync());

test("every filter that protects is provoked here", () => {
  const protecting = filterOrder
    .filter(({ protects }) => protects)
    .flatMap(
      ({ build }) =>
        build({ ...plainSettings, byServerName: true, countsAnswers: true, forwarded: true }) ?? [],
    );
  const provoked = new Set(Object.values(provocations).map(({ filter }) => filter));
  assert.deepEqual(new Set(protecting.map(({ name }) => name)), provoked);
  assert.deepEqual(protecting.map(({ disabled }) => disabled).filter(Boolean), []);
});

for (const [what, provocation] of Object.entries(provocations)) {
  const { settings, refused, allowedPath, passing, isSpent } = provocation;
  for (const layoutName of Object.keys(layouts)) {
    for (const [form, { authority, serverName }] of Object.entries(forms)) {
      test(`${what}, answers ${refused.status} on ${form} (${layoutName})`, async () => {
        const ports = gateOf(settings, layoutName);
        const clear = { port: ports.http };
        const secure = { port: ports.https, tls: { serverName } };
        for (const peer of [clear, secure]) {
          if (isSpent === true) await statuses(peer, authority, refused.path);
          assert.deepEqual(await statuses(peer, authority, refused.path), [
            refused.status,
            refused.status,
          ]);
          if (allowedPath === undefined) continue;
          assert.deepEqual(await statuses(peer, authority, allowedPath), [200, 200]);
          if (passing === undefined) continue;
          const lines = [`Host: ${authority}`, ...passing];
          assert.equal((await sendText(peer, http1Text(refused.path, lines))).status, 200);
        }
      });
    }
  }
}

/** By HTTP/1 and by HTTP/2. */
async function statuses(peer: Peer, authority: string, path: string): Promise<readonly number[]> {
  const first = await sendText(peer, http1Text(path, [`Host: ${authority}`]));
  await using connection = await Http2Connection.open(peer);
  const second = await connection.request(authority, path);
  return [first.status, second.status];
}

/** Paths as sent, on a gate that lets everybody in → whether they climb out of the prefix they show. */
const paths: Readonly<Record<string, "passes" | "is refused">> = {
  "/a%2Fb": "passes",
  "/@scope%2fname": "passes",
  "/a/b..%2fc": "passes",
  "/a%2f...%2fb": "passes",
  "/a?x=/..%2fadmin": "passes",
  "/a/%2e%2e/b": "passes",
  "/a/..;v=1/b": "passes",
  "/a/b..;v=1/c": "passes",
  "/a/..%2fadmin": "is refused",
  "/a/%2e%2E%2Fadmin": "is refused",
  "/a%2f../admin": "is refused",
  "/a%2f..": "is refused",
  "/a%5c..%5cadmin": "is refused",
  "/..%5cadmin": "is refused",
  "/a/%2e%2e;v=1/admin": "is refused",
  "/a%2f..;v=1/admin": "is refused",
};

for (const [path, verdict] of Object.entries(paths)) {
  test(`the path ${path} ${verdict}`, async () => {
    const ports = gateOf(plainSettings, "one chain a certificate");
    const { status } = await sendText({ port: ports.http }, http1Text(path, ["Host: shop.test"]));
    assert.equal(status, verdict === "passes" ? 200 : 403);
  });
}

/** In another spelling the filter runs, as it does wherever the first lookup misses. */
test("a host whose paths all go one way has nothing to climb out of, but its clients are limited all the same", async () => {
  await using echo = await startEcho();
  const limited = { allowedClients: [cidrRangeOf("203.0.113.0/24")] };
  for (const [listeners, expected] of [
    [{}, [200, 200]],
    [limited, [403, 403]],
  ] as const) {
    await using gate = await startTestGate({ listeners });
    assert.deepEqual(await gate.apply(oneWay(echo.port)), []);
    const peer = { port: gate.http };
    assert.deepEqual(await statuses(peer, "one-way.test", "/open/..%2Fadmin"), expected);
    assert.deepEqual(await statuses(peer, "ONE-WAY.test:80", "/open/..%2Fadmin"), [403, 403]);
  }
});

/** The first lookup of another spelling misses, so that every filter is in the chain before the host is found. */
test("a host that has no use for a filter is open however its name is spelt", async () => {
  await using echo = await startEcho();
  await using gate = await startTestGate({});
  assert.deepEqual(await gate.apply(oneWay(echo.port)), []);
  const peer = { port: gate.http };
  for (const authority of ["one-way.test", "ONE-WAY.test:80", "one-way.test."]) {
    assert.deepEqual(await statuses(peer, authority, "/open"), [200, 200]);
  }
});

/** An Ingress with one path, and what it leads to. */
function oneWay(port: number): readonly KubeObject[] {
  const metadata = {
    name: "one-way",
    namespace: "default",
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const backend = { service: { name: metadata.name, port: { number: 80 } } };
  const paths = [{ path: "/", pathType: "Prefix" as const, backend }];
  const labels = { "kubernetes.io/service-name": metadata.name };
  const manifests: readonly Parameters<typeof toObject>[0][] = [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: { rules: [{ host: "one-way.test", http: { paths } }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels },
      addressType: "IPv4",
      ports: [{ port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
  ];
  return manifests.map(toObject);
}
