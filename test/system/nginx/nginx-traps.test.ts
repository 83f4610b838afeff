/**
 * What of NGINX Ingress Controller has been got wrong before, and lets somebody in who should stay out: one test each, by a
 * real Envoy with the real adapter. src/dialects/nginx/README.md lists these traps with all others.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAuthService } from "#test/fakes/auth-service.ts";
import { generateJwk } from "#test/fakes/certificates/signed-token.ts";
import { shaHash } from "#test/fakes/password-hash.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";
import { connect, http1Text, sendText } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
let stage: NginxStage;
let authPort = 0;

before(async () => {
  const service = everything.use(await startAuthService(() => ({ status: 401 })));
  authPort = service.port;
  stage = everything.use(await startNginxStage({ adapter: true }));
});

after(() => everything.disposeAsync());

function object(kind: string, name: string, rest: string, namespace = "default"): string {
  const version = kind === "Secret" || kind === "Service" ? "v1" : "k8s.nginx.org/v1";
  return `---
apiVersion: ${version}
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
${rest}
`;
}

function secret(
  name: string,
  type: string,
  data: Record<string, string>,
  namespace?: string,
): string {
  const entries = Object.entries(data).map(([key, text]) => `  ${key}: ${btoa(text)}`);
  return object("Secret", name, `type: ${type}\ndata:\n${entries.join("\n")}`, namespace);
}

/** On both hosts the same, each route a line of YAML. */
function servers(routes: readonly string[], more = ""): string {
  const spec = (host: string): string => `spec:
  host: "${host}"
${more}  routes:
${routes.map((route) => `    - ${route}`).join("\n")}`;
  return [
    object("VirtualServer", "exact", spec("shop.test")),
    object("VirtualServer", "wildcard", spec("*.shop.test")),
  ].join("");
}

/** Every form in which a request can name a host. */
const forms = [
  ...["shop.test", "shop.test:8443", "SHOP.test", "shop.test."],
  ...["a.shop.test", "a.shop.test:8443", "A.shop.TEST", "a.shop.test."],
];

async function statusOf(
  host: string,
  path: string,
  lines: readonly string[] = [],
): Promise<number> {
  const text = http1Text(path, [`Host: ${host}`, ...lines]);
  return (await sendText({ port: stage.gate.http }, text)).status;
}

async function expectOnAllForms(path: string, status: number): Promise<void> {
  for (const host of forms) assert.equal(await statusOf(host, path), status, `${host}${path}`);
}

function guardedBy(policy: string): string {
  return `{ path: /${policy}, policies: [{ name: ${policy} }], action: { return: { body: in } } }`;
}

/** It lets nobody pass. */
function authService(): string {
  return `${object("Service", "auth", "spec: { ports: [{ port: 80 }] }")}---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: auth, labels: { kubernetes.io/service-name: auth } }
addressType: IPv4
ports: [{ port: ${authPort} }]
endpoints: [{ addresses: [127.0.0.1] }]
`;
}

test("every policy that keeps people out does so on every host form", async () => {
  const rules: Readonly<Record<string, readonly [string, number]>> = {
    addresses: ["{ accessControl: { allow: [192.0.2.1] } }", 403],
    denied: ["{ accessControl: { deny: [127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12] } }", 403],
    passwords: ["{ basicAuth: { secret: passwords } }", 401],
    tokens: ["{ jwt: { realm: Shop, secret: keys } }", 401],
    keys: ["{ apiKey: { suppliedIn: { header: [X-Key] }, clientSecret: clients } }", 401],
    asked: ["{ externalAuth: { authURI: /auth, authServiceName: auth } }", 401],
  };
  const paths = Object.keys(rules);
  const world = [
    servers([...paths.map(guardedBy), "{ path: /, action: { return: { body: open } } }"]),
    ...paths.map((path) => object("Policy", path, `spec: ${rules[path]?.[0] ?? ""}`)),
    secret("passwords", "nginx.org/htpasswd", { htpasswd: `alice:${shaHash("a")}` }),
    secret("keys", "nginx.org/jwk", {
      jwk: JSON.stringify({ keys: [generateJwk("RS256").published] }),
    }),
    secret("clients", "nginx.org/apikey", { web: "k-1" }),
    authService(),
  ].join("");
  await stage.apply(world);
  for (const path of paths) await expectOnAllForms(`/${path}/a`, rules[path]?.[1] ?? 0);
  await expectOnAllForms("/elsewhere", 200);
});

test("where users are sent to sign in they are asked for nothing, and the Service itself answers", async () => {
  const rule = "{ authURI: /auth, authServiceName: auth, authSigninURI: /oauth2/start }";
  const policies = "  policies: [{ name: ask }]\n";
  await stage.apply(
    servers(["{ path: /, action: { return: { body: in } } }"], policies) +
      object("Policy", "ask", `spec: { externalAuth: ${rule} }`) +
      authService(),
  );
  await expectOnAllForms("/", 302);
  await expectOnAllForms("/oauth2/start", 401);
});

test("a limit that is spent is spent on every host form", async () => {
  const rule = `spec: { rateLimit: { rate: 1r/m, key: "\${binary_remote_addr}" } }`;
  await stage.apply(`${servers([guardedBy("limit")])}${object("Policy", "limit", rule)}`);
  await statusOf("shop.test", "/limit");
  await statusOf("a.shop.test", "/limit");
  await expectOnAllForms("/limit", 503);
});

test("a policy that is missing, or of another namespace, keeps everybody out with 500", async () => {
  const open = "spec: { accessControl: { allow: [0.0.0.0/0] } }";
  await stage.apply(
    [servers([guardedBy("elsewhere")]), object("Policy", "elsewhere", open, "other")].join(""),
  );
  await expectOnAllForms("/elsewhere", 500);
  await stage.apply(
    servers(
      ["{ path: /, action: { return: { body: open } } }"],
      "  policies: [{ name: nowhere }]\n",
    ),
  );
  await expectOnAllForms("/", 500);
});

test("a Secret of another namespace answers nobody's handshakes and opens nothing", async () => {
  const pair = selfSigned(["shop.test", "*.shop.test"]);
  const tls = { "tls.crt": pair.certificate, "tls.key": pair.key };
  const shown = (name: string): string =>
    servers(["{ path: /, action: { return: { body: open } } }"], `  tls: { secret: ${name} }\n`);
  const handshake = (): Promise<unknown> =>
    connect({ port: stage.gate.https, tls: { serverName: "shop.test" } }).then((socket) =>
      socket.destroy(),
    );
  for (const name of ["shop", "other/shop", "other.shop"]) {
    await stage.apply(`${shown(name)}${secret("shop", "kubernetes.io/tls", tls, "other")}`);
    await assert.rejects(handshake(), name);
  }
  await stage.apply(`${shown("shop")}${secret("shop", "kubernetes.io/tls", tls)}`);
  await handshake();

  const passwords = (password: string, namespace: string): string =>
    secret(
      "passwords",
      "nginx.org/htpasswd",
      { htpasswd: `alice:${shaHash(password)}` },
      namespace,
    );
  const rule = "spec: { basicAuth: { secret: passwords } }";
  const login = (password: string): Promise<number> =>
    statusOf("shop.test", "/staff", [`Authorization: Basic ${btoa(`alice:${password}`)}`]);
  const local = [servers([guardedBy("staff")]), object("Policy", "staff", rule)].join("");
  await stage.apply(`${local}${passwords("theirs", "other")}`);
  assert.equal(await login("theirs"), 500);
  const route =
    "{ path: /staff, policies: [{ name: staff, namespace: other }], action: { return: { body: in } } }";
  const foreign = [servers([route]), object("Policy", "staff", rule, "other")].join("");
  await stage.apply(`${foreign}${passwords("ours", "default")}${passwords("theirs", "other")}`);
  assert.equal(await login("ours"), 401);
  assert.equal(await login("theirs"), 200);
});

test("a pattern that cannot be used hands its paths to nobody else", async () => {
  const never = "spec: { accessControl: { allow: [192.0.2.1] } }";
  const routes = (policies: string): readonly string[] => [
    "{ path: /, action: { return: { body: open } } }",
    `{ path: '~ ^/admin(?!/public)', ${policies} action: { return: { body: in } } }`,
  ];
  await stage.apply(servers(routes("")));
  await expectOnAllForms("/admin/secrets", 500);
  await expectOnAllForms("/elsewhere", 200);
  const guarded = servers(routes("policies: [{ name: never }],"));
  await stage.apply(`${guarded}${object("Policy", "never", never)}`);
  await expectOnAllForms("/admin/secrets", 403);
});

test("of several lists of addresses one that lets in is all that counts", async () => {
  const both =
    "{ path: /, policies: [{ name: deny }, { name: allow }], action: { return: { body: in } } }";
  const world = [
    servers([both]),
    object("Policy", "deny", "spec: { accessControl: { deny: [0.0.0.0/0] } }"),
    object("Policy", "allow", "spec: { accessControl: { allow: [192.0.2.1] } }"),
  ].join("");
  await stage.apply(world);
  await expectOnAllForms("/", 403);
  await stage.apply(world.replace("192.0.2.1", "0.0.0.0/0"));
  await expectOnAllForms("/", 200);
});

test("snippets may be all that keeps people out: what they are for is closed", async () => {
  const route =
    "{ path: /closed, location-snippets: 'deny all;', action: { return: { body: in } } }";
  await stage.apply(servers([route, "{ path: /, action: { return: { body: open } } }"]));
  await expectOnAllForms("/closed/a", 503);
  await expectOnAllForms("/", 200);
  await stage.apply(
    servers(["{ path: /, action: { return: { body: in } } }"], "  server-snippets: 'deny all;'\n"),
  );
  await expectOnAllForms("/", 503);
});

test("a VirtualServerRoute serves on a host that it names itself, and on no other", async () => {
  const route = (host: string): string =>
    object(
      "VirtualServerRoute",
      "tea",
      `spec:\n  host: ${host}\n  subroutes: [{ path: /tea, action: { return: { body: tea } } }]`,
      "other, labels: { app: tea }",
    );
  for (const to of ["route: other/tea", "routeSelector: { matchLabels: { app: tea } }"]) {
    const server = servers([`{ path: /tea, ${to} }`]);
    await stage.apply(`${server}${route("elsewhere.test")}`);
    await expectOnAllForms("/tea", 404);
    await stage.apply(`${server}${route("shop.test")}`);
    assert.equal(await statusOf("shop.test", "/tea"), 200, to);
    assert.equal(await statusOf("a.shop.test", "/tea"), 404, to);
  }
});

test("of a client's headers none goes on but those that others are made of, and the body does", async () => {
  const upstreams = "  upstreams: [{ name: tea, service: tea-svc, port: 80 }]\n";
  const set = `set: [{ name: X-Own, value: '\${http_x_mark}' }, { name: X-Fixed, value: f }]`;
  const action = `{ proxy: { upstream: tea, requestHeaders: { pass: false, ${set} } } }`;
  await stage.apply(servers([`{ path: /, action: ${action} }`], upstreams));
  const headers = { "x-mark": "m", "x-secret": "s", cookie: "c=1", accept: "text/html" };
  for (const host of ["shop.test", "a.shop.test"]) {
    const asked = { method: "POST", headers, body: "four" };
    const { seen } = await stage.ask(`http://${host}/`, asked);
    assert.deepEqual([seen?.headers["x-own"], seen?.headers["x-fixed"]], ["m", "f"], host);
    assert.ok(seen?.headers["x-forwarded-for"]);
    assert.ok(seen.headers["content-length"] === "4" || seen.headers["transfer-encoding"]);
    for (const gone of ["x-secret", "cookie", "accept"])
      assert.equal(seen.headers[gone], undefined);
  }
});

test("packed answers are unpacked for clients that do not take them so, where gunzip says it", async () => {
  const more = "  gunzip: true\n  upstreams: [{ name: tea, service: tea-svc, port: 80 }]\n";
  await stage.apply(servers(["{ path: /, action: { pass: tea } }"], more));
  const plain = await stage.ask("http://shop.test/packed");
  assert.equal(plain.seen?.pod, "tea");
  assert.equal(plain.headers["content-encoding"], undefined);
  const headers = { "accept-encoding": "br, gzip" };
  const packed = await stage.ask("http://shop.test/packed", { headers });
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.equal((await stage.ask("http://a.shop.test/packed")).headers["content-encoding"], "gzip");
});
