import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { Backend } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { hostFromText } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import type { Stream } from "#model/stream.ts";
import { buildAccessLog, buildConnectionAccessLog, buildStreamAccessLog } from "./access-log.ts";
import { buildCluster } from "./clusters/cluster.ts";
import { buildEndpoints } from "./clusters/endpoints.ts";
import { decodeResource } from "./decode.ts";
import { chainLayout } from "./listeners/chain-layout.ts";
import type { ListenerLayout } from "./listeners/layout.ts";
import { cidrRangeOf } from "./listeners/network.ts";
import { onDemandLayout } from "./listeners/on-demand-layout.ts";
import type { ListenerSettings } from "./listeners/settings.ts";
import { buildStreamListener } from "./listeners/stream-listener.ts";
import type { Resource } from "./resource.ts";
import { buildRouteConfiguration } from "./routes/route-configuration.ts";
import { buildScope } from "./routes/scope.ts";
import { buildWildcardIndex } from "./routes/wildcard-index.ts";
import { buildSecret, buildTicketKeys } from "./secrets/secret.ts";

const log = { kind: "file", path: "/tmp/access.log" } as const;
const everySetting: ListenerSettings = {
  address: "0.0.0.0",
  accessLog: [buildAccessLog({ to: log, samplePercent: 10 })],
  connectionLog: [buildConnectionAccessLog(log)],
  streamLog: (origin) => [buildStreamAccessLog({ to: log, samplePercent: 10 }, origin)],
  trustedProxies: [cidrRangeOf("10.0.0.0/8")],
  proxyProtocol: true,
  allowedClients: [cidrRangeOf("192.0.2.0/24")],
};

const backend: Backend = {
  namespace: "default",
  service: "tea",
  port: 80,
  protocol: "h2c",
  connectTimeoutMs: 5000,
};
const origin = { kind: "Ingress", namespace: "default", name: "cafe", path: "" };
const host = hostFromText("*.cafe.test");
const guarded: Route = {
  match: { kind: "prefix", path: "/" },
  action: { kind: "respond", status: 200 },
  clients: { kind: "only", networks: ["192.0.2.0/24"] },
  rateLimits: {
    limits: [
      { key: [{ kind: "client-address" }], requests: 1, perMs: 1000, burst: 0, mostKeys: 10 },
    ],
    status: 503,
  },
  origin,
};
const changed: Route = {
  match: { kind: "prefix", path: "/tea" },
  action: {
    ...{ kind: "forward", backend, idleTimeoutMs: 60_000, connectRetries: 0 },
    ...{ clientHeaders: "left-out", unpacks: true },
  },
  origin,
};
const group = { name: "default/cafe", secret: "default/cafe", hosts: [host] };
const refused = { name: "refused", hosts: [hostFromText("broken.test")] };

const stream: Stream = {
  backend: { ...backend, protocol: "tcp", balancing: "hash" },
  idleTimeoutMs: 600_000,
  connectAttempts: 5,
};
const passthrough = hostFromText("passed.test");

function listeners(create: typeof chainLayout): readonly Resource[] {
  const layout: ListenerLayout = create(everySetting, { http: 80, https: 443 });
  return layout.build(
    new Map([
      ...[group, refused].map((entry) => [entry.name, layout.encodeChain(entry)] as const),
      ["passed", layout.encodePassthrough(passthrough, { stream, origin })],
    ]),
  );
}

const answered = { namespace: "default", name: "cafe" };

function ownPorts({ ownPorts: settings }: ListenerLayout): readonly Resource[] {
  return (["tcp", "udp"] as const).map((protocol) => {
    const port = { name: "dns", protocol, port: 53, addresses: ["127.0.0.1", "::1"] };
    const rules = [
      { port, stream: { ...stream, spreadsDatagrams: true as const }, origin },
      { port, stream, origin, serverName: host, secret: answered },
    ];
    return buildStreamListener({ port, rules }, settings, ({ secret: wanted }) =>
      wanted === undefined ? undefined : "default/cafe",
    );
  });
}

const key = "-----BEGIN PRIVATE KEY-----";
const secret = buildSecret("default/cafe", {
  certificateChain: "-----BEGIN CERTIFICATE-----",
  privateKey: new SecretBytes(new TextEncoder().encode(key)),
});

const ticket = new TextEncoder().encode("the key of session tickets".padEnd(80, "."));
const tickets = buildTicketKeys("tickets/default/cafe", [new SecretBytes(ticket)]);

const built: readonly Resource[] = [
  buildCluster(backend),
  ...(["tcp", "udp"] as const).map((kind) =>
    buildCluster({
      ...{ ...backend, protocol: kind },
      healthCheck: {
        ask: { kind, send: "7069", expect: "706f" },
        ...{ intervalMs: 5000, jitterMs: 0, timeoutMs: 5000, unhealthyAfter: 1, healthyAfter: 1 },
      },
    }),
  ),
  buildEndpoints(backendName(backend), [{ address: "10.0.0.1", port: 80 }]),
  buildRouteConfiguration(
    { host, routes: [guarded, changed], origin, findings: [] },
    { kind: "server-name", host, group: "default/cafe" },
  ),
  buildScope(host),
  buildWildcardIndex(new Map([["*.cafe.test", { connection: "tls/default/cafe" }]])),
  secret,
  tickets,
  ...listeners(chainLayout),
  ...listeners(onDemandLayout),
  ...ownPorts(chainLayout(everySetting, { http: 80, https: 443 })),
];

test("what every builder makes, with every setting, can be read as JSON down to the last extension", () => {
  for (const resource of built) {
    const name = resource.type === "endpoints" ? "cluster_name" : "name";
    assert.equal(decodeResource(resource)[name], resource.name);
  }
});

test("keys of session tickets are never shown", () => {
  const text = JSON.stringify(decodeResource(tickets));
  assert.match(text, /"keys":\[\{"inline_string":"\[redacted\]"\}\]/);
  for (const form of ["base64", "hex", "latin1"] as const)
    assert.ok(!text.includes(Buffer.from(ticket).toString(form)));
});

test("a private key is never shown, its certificate is", () => {
  const text = JSON.stringify(decodeResource(secret));
  assert.match(text, /"private_key":\{"inline_string":"\[redacted\]"\}/);
  assert.match(text, /BEGIN CERTIFICATE/);
  assert.doesNotMatch(text, /BEGIN PRIVATE KEY/);
  assert.ok(!text.includes(Buffer.from(key).toString("base64")));
});
