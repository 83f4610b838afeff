/** A gate with hosts of every form, their certificates, and one backend that says what reached it. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import http from "node:http";
import type { Origin } from "#base/origin.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { buildCluster } from "#envoy/clusters/cluster.ts";
import { buildEndpoints } from "#envoy/clusters/endpoints.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import { buildPolicy } from "#envoy/policies/policy.ts";
import type { Resource } from "#envoy/resource.ts";
import { connectionOf } from "#envoy/routes/misdirected.ts";
import { buildRouteConfiguration } from "#envoy/routes/route-configuration.ts";
import { buildScope } from "#envoy/routes/scope.ts";
import { buildWildcardIndex } from "#envoy/routes/wildcard-index.ts";
import type { KeyMaterial } from "#envoy/secret-source.ts";
import { buildSecret } from "#envoy/secrets/secret.ts";
import { noServerName } from "#envoy/secrets/server-name.ts";
import type { Backend } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { hostFromText } from "#model/host.ts";
import type { Protection } from "#model/protection.ts";
import type { Route } from "#model/route.ts";
import type { CertificateGroup, VirtualHost } from "#model/virtual-host.ts";
import { shaHash } from "#test/fakes/password-hash.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { compareHosts, hostMatches } from "./host-order.ts";

export const plainSettings: ListenerSettings = {
  address: "127.0.0.1",
  accessLog: [],
  trustedProxies: [],
  proxyProtocol: false,
  allowedClients: [],
};

const backend: Backend = {
  namespace: "default",
  service: "echo",
  port: 80,
  protocol: "http1",
  connectTimeoutMs: 5000,
};

/** Host (`formatHost`) → its certificate group; `undefined`: none may carry it. */
export const hosts: Readonly<Record<string, string | undefined>> = {
  "*": "default/every",
  "shop.test": "default/shop",
  "cart.shop.test": "default/shop",
  "plain.test": undefined,
  "*.one.test": "default/one",
  "www.one.test": "default/www",
  "**.many.test": "default/many",
  "**.deep.many.test": "default/many",
  "*.both.test": "default/every",
  "**.both.test": "default/every",
};

export const groups: readonly CertificateGroup[] = [
  group("default/every", ["*"]),
  group("default/shop", ["shop.test", "cart.shop.test"]),
  group("default/one", ["*.one.test"]),
  group("default/www", ["www.one.test"]),
  group("default/many", ["**.many.test", "**.deep.many.test"]),
  { name: "refused", hosts: [hostFromText("broken.test"), hostFromText("*.broken.test")] },
];

function group(name: string, names: readonly string[]): CertificateGroup {
  return { name, secret: name, hosts: names.map(hostFromText) };
}

/** The certificate of a group has the group's name as its only name: a test sees which one it was shown. */
const materials = new Map(groups.map(({ name }) => [name, materialFor(name)]));

export function materialOf(name: string): KeyMaterial {
  const material = materials.get(name);
  if (material === undefined) throw new Error(`no group ${name}`);
  return material;
}

/** The common name of a group's certificate. */
export function commonNameOf(groupName: string): string {
  return `${groupName.replace("/", ".")}.invalid`;
}

function materialFor(name: string): KeyMaterial {
  const { certificate, key } = selfSigned([commonNameOf(name)]);
  return {
    certificateChain: certificate,
    privateKey: new SecretBytes(new TextEncoder().encode(key)),
  };
}

/** What `/secret` asks for. */
const protection: Protection = {
  kind: "basic",
  realm: "world",
  passwords: { namespace: "default", name: "staff", key: "htpasswd" },
  failureStatus: 503,
  origin: { kind: "Ingress", namespace: "default", name: "world", path: "" },
};

/** Who may see `/secret`. */
export const credentials = "alice:open sesame";

/** `/echo` reaches the backend; `/secret`, `/office` and `/home` are for some; `/seldom` may be asked once an hour; every other path answers with the host's own text. */
function virtualHostOf(host: string, certificateGroup: string | undefined): VirtualHost {
  const origin: Origin = { kind: "Ingress", namespace: "default", name: "world", path: host };
  const routes: readonly Route[] = [
    {
      match: { kind: "segments", path: "/echo" },
      action: { kind: "forward", backend, idleTimeoutMs: 300_000, connectRetries: 1 },
      origin,
    },
    {
      match: { kind: "segments", path: "/secret" },
      action: { kind: "forward", backend, idleTimeoutMs: 300_000, connectRetries: 1 },
      protections: [protection],
      origin,
    },
    ...limitedRoutes(host, origin),
    {
      match: { kind: "prefix", path: "/" },
      action: { kind: "respond", status: 200, body: host },
      origin,
    },
  ];
  const tls = certificateGroup === undefined ? {} : { certificateGroup };
  return { host: hostFromText(host), routes, origin, findings: [], ...tls };
}

/** Routes that answer by themselves those whom they let in. */
function limitedRoutes(host: string, origin: Origin): readonly Route[] {
  const action = { kind: "respond", status: 200, body: host } as const;
  const at = (path: string) => ({ match: { kind: "segments", path }, action, origin }) as const;
  const limit = { key: ["everybody"], requests: 1, perMs: 3_600_000, burst: 0, mostKeys: 1000 };
  return [
    { ...at("/office"), clients: { kind: "only", networks: ["203.0.113.0/24", "2001:db8::/32"] } },
    { ...at("/home"), clients: { kind: "except", networks: ["127.0.0.0/8", "2001:db8::1"] } },
    { ...at("/seldom"), rateLimits: { limits: [limit], status: 429 } },
  ];
}

const none = { endpoints: [], findings: [] };

/** Everything that Envoy is told in that layout. */
export function worldResources(layout: ListenerLayout, backendPort: number): readonly Resource[] {
  const indexed = Object.entries(hosts)
    .filter(([host]) => host.startsWith("*") && (layout.byServerName || host !== "*"))
    .map(([host, group]) => {
      return [host, { connection: layout.byServerName ? connectionOf(group) : true }] as const;
    });
  const chains = new Map(groups.map((entry) => [entry.name, layout.encodeChain(entry)] as const));
  const passwords = { htpasswd: `alice:${shaHash(credentials.split(":")[1] ?? "")}` };
  const behind = { secretEntries: () => passwords, endpoints: () => none };
  return [
    buildPolicy(protection, behind).resource,
    buildCluster(backend),
    buildEndpoints(backendName(backend), [{ address: "127.0.0.1", port: backendPort }]),
    ...groups.flatMap(({ secret }) =>
      secret === undefined ? [] : [buildSecret(secret, materialOf(secret))],
    ),
    ...Object.entries(hosts).flatMap(([host, certificateGroup]) =>
      hostResources(layout, host, certificateGroup),
    ),
    buildWildcardIndex(new Map(indexed)),
    ...layout.build(chains),
  ];
}

/** The secret that answers for a server name, found the slow and plain way. */
export function secretForServerName(name: string): Resource | undefined {
  const plain = name === noServerName ? "" : name.toLowerCase();
  const [best] = groups
    .flatMap((entry) => entry.hosts.map((host) => ({ host, secret: entry.secret })))
    .filter(({ host }) => hostMatches(host, plain))
    .sort((a, b) => compareHosts(a.host, b.host));
  return best?.secret === undefined ? undefined : buildSecret(name, materialOf(best.secret));
}

export function hostResources(
  layout: ListenerLayout,
  host: string,
  certificateGroup: string | undefined,
): readonly Resource[] {
  const virtualHost = virtualHostOf(host, certificateGroup);
  return [
    buildRouteConfiguration(virtualHost, layout.guard(virtualHost)),
    buildScope(virtualHost.host),
  ];
}

export interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A backend that answers with what it got as {@link Echo}, and turns a websocket upgrade into a plain byte echo. */
export async function startEcho(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = http.createServer((request, response) => {
    void answer(request).then((text) => response.end(text));
  });
  server.on("upgrade", (_request, socket) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  const echo: Echo = {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    body,
  };
  return JSON.stringify(echo);
}
