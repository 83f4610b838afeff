/** Who may pass, through the real pipeline, a real Envoy and the real adapter. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { scopeHeader } from "#envoy/internal-headers.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Fragment } from "#model/fragment.ts";
import type { Protection } from "#model/protection.ts";
import { pathText, type Route } from "#model/route.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { type AuthService, startAuthService } from "#test/fakes/auth-service.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { apr1Hash, bcryptHash, shaHash } from "#test/fakes/password-hash.ts";
import { type Echo, startEcho } from "../harness/host-world.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { http1Text, sendText, type WireAnswer } from "../harness/wire-client.ts";

const origin = { kind: "Ingress", namespace: "default", name: "shop", path: "" };
const judged = { failureStatus: 503, origin } as const;
const backend = (service: string) =>
  ({ namespace: "default", service, port: 80, protocol: "http1", connectTimeoutMs: 5000 }) as const;

/** Path → what it is protected by. */
const protections: Readonly<Record<string, readonly Protection[]>> = {
  "/basic": [
    {
      ...judged,
      ...{ kind: "basic", realm: "staff" },
      passwords: { namespace: "default", name: "staff", key: "htpasswd" },
    },
  ],
  "/key": [
    {
      ...judged,
      ...{ kind: "api-key", places: [{ in: "header", name: "X-Key" }] },
      keys: { namespace: "default", name: "keys" },
    },
  ],
  "/external": [
    {
      ...judged,
      ...{ kind: "external-request", backend: backend("auth"), host: "auth.test", path: "/auth" },
      ...{ upstreamHeaders: ["X-User"], timeoutMs: 20_000 },
    },
  ],
};
const both: readonly Protection[] = ["/basic", "/external"].flatMap(
  (path) => protections[path] ?? [],
);

function protect(fragment: Fragment): Fragment {
  const guarded = (route: Route): Route => {
    const path = pathText(route.match);
    const found = path === "/both" ? both : protections[path];
    return found === undefined ? route : { ...route, protections: found };
  };
  const rules = fragment.rules.map((rule) => ({ ...rule, routes: rule.routes.map(guarded) }));
  return { ...fragment, rules };
}

type Manifest = Parameters<typeof toObject>[0];

function metadata(name: string): Manifest["metadata"] {
  return { name, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
}

function service(name: string, port: number): readonly Manifest[] {
  const labels = { "kubernetes.io/service-name": name };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata(name),
      spec: { ports: [{ port: 80 }] },
    },
    {
      ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
      metadata: { ...metadata(name), labels },
      ...{ addressType: "IPv4", ports: [{ port }] },
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
  ];
}

function secret(name: string, entries: Readonly<Record<string, string>>): KubeObject {
  const data = Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, btoa(text)]));
  return toObject({
    ...{ apiVersion: "v1", kind: "Secret", metadata: metadata(name) },
    ...{ type: "Opaque", data },
  });
}

const everything = new AsyncDisposableStack();
let gate: TestGate;
let auth: AuthService;
let world: readonly KubeObject[];

const secretTexts = {
  alice: "open sesame",
  key: "key-of-mobile-1f2e3d",
  hash: shaHash("open sesame"),
};

before(async () => {
  const echo = everything.use(await startEcho());
  auth = everything.use(
    await startAuthService(({ headers }) =>
      headers["x-token"] === "good"
        ? { status: 200, headers: { "x-user": "alice" } }
        : { status: headers["x-token"] === "none" ? 200 : 401 },
    ),
  );
  gate = everything.use(
    await startTestGate({
      adapter: true,
      steps: (real) => ({
        ...real,
        translate: (...given) => protect(real.translate(...given)),
      }),
    }),
  );
  const paths = [...Object.keys(protections), "/both", "/open"].map((path) => ({
    ...{ path, pathType: "Prefix" as const },
    backend: { service: { name: "echo", port: { number: 80 } } },
  }));
  const ingress: Manifest = {
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: metadata("shop") },
    spec: {
      rules: [
        { host: "shop.test", http: { paths } },
        { host: "*.shop.test", http: { paths } },
      ],
    },
  };
  world = [ingress, ...service("echo", echo.port), ...service("auth", auth.port)].map(toObject);
});

after(() => everything.disposeAsync());

const passwords = (): string =>
  [
    `alice:${secretTexts.hash}`,
    ...(noOpenssl === false ? [`mallory:${apr1Hash("apr one")}`] : []),
    ...(bcryptHash("x") === undefined ? [] : [`bob:${bcryptHash("b crypt")}`]),
  ].join("\n");

async function settle(...secrets: readonly KubeObject[]): Promise<void> {
  assert.deepEqual(await gate.apply([...world, ...secrets]), []);
}

const settled = (): Promise<void> =>
  settle(secret("staff", { htpasswd: passwords() }), secret("keys", { mobile: secretTexts.key }));

async function ask(
  path: string,
  lines: readonly string[] = [],
  host = "shop.test",
): Promise<Pick<WireAnswer, "status" | "headers"> & { readonly echo?: Echo }> {
  const { status, headers, body } = await sendText(
    { port: gate.http },
    http1Text(path, [`Host: ${host}`, ...lines]),
  );
  return { status, headers, ...(status === 200 ? { echo: JSON.parse(body) as Echo } : {}) };
}

const basic = (credentials: string): string => `Authorization: Basic ${btoa(credentials)}`;

test("who has the password passes, by whatever it was hashed; nobody else does", async () => {
  await settled();
  for (const host of ["shop.test", "a.shop.test", "SHOP.test."]) {
    assert.equal((await ask("/basic/a", [basic("alice:open sesame")], host)).status, 200);
    if (noOpenssl === false)
      assert.equal((await ask("/basic", [basic("mallory:apr one")], host)).status, 200);
    if (bcryptHash("x") !== undefined)
      assert.equal((await ask("/basic", [basic("bob:b crypt")], host)).status, 200);
    const wrong = await ask("/basic", [basic("alice:open")], host);
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers["www-authenticate"], 'Basic realm="staff"');
    assert.equal((await ask("/basic", [], host)).status, 401);
    assert.equal((await ask("/open", [], host)).status, 200);
  }
});

test("a missing Secret closes what it protects, and a new password is in force without a new route", async () => {
  await settle(secret("keys", { mobile: secretTexts.key }));
  assert.equal((await ask("/basic", [basic("alice:open sesame")])).status, 503);
  assert.ok(gate.pipeline.findings().some(({ reason }) => reason === "ProtectionNotUsable"));
  await settle(secret("staff", { htpasswd: `alice:${shaHash("another")}` }));
  assert.equal((await ask("/basic", [basic("alice:open sesame")])).status, 401);
  assert.equal((await ask("/basic", [basic("alice:another")])).status, 200);
  assert.equal((await ask("/key", [`X-Key: ${secretTexts.key}`])).status, 503);
});

test("who has a key passes", async () => {
  await settled();
  assert.equal((await ask("/key", [`X-Key: ${secretTexts.key}`])).status, 200);
  assert.equal((await ask("/key")).status, 401);
  assert.equal((await ask("/key", ["X-Key: wrong"])).status, 403);
});

test("another service decides; what it did not say of the client is taken from the request", async () => {
  await settled();
  const good = await ask("/external/a?b=c", ["X-Token: good", "X-User: root"]);
  assert.equal(good.status, 200);
  assert.equal(good.echo?.headers["x-user"], "alice");
  assert.equal(auth.asked.at(-1)?.headers["x-original-url"], "http://shop.test/external/a?b=c");
  assert.equal(auth.asked.at(-1)?.headers[scopeHeader], undefined);
  const silent = await ask("/external", ["X-Token: none", "X-User: root"]);
  assert.equal(silent.status, 200);
  assert.equal(silent.echo?.headers["x-user"], undefined);
  assert.equal((await ask("/external")).status, 401);
});

test("of two protections both must let a request pass", async () => {
  await settled();
  const [password, token] = [basic("alice:open sesame"), "X-Token: good"];
  assert.equal((await ask("/both", [password, token])).status, 200);
  assert.equal((await ask("/both", [password])).status, 401);
  assert.equal((await ask("/both", [token])).status, 401);
});

test("Envoy knows no secret: none is in its configuration, nor in what we show of ours", async () => {
  await settled();
  await ask("/basic", [basic("alice:open sesame")]);
  const shown = [
    await gate.admin("/config_dump?include_eds"),
    await gate.admin("/stats"),
    JSON.stringify(gate.pipeline.findings()),
  ];
  assert.ok(shown[0]?.includes("sekisho.policies"));
  for (const text of shown) {
    for (const said of Object.values(secretTexts)) assert.ok(!text.includes(said));
    assert.ok(!text.includes(btoa("alice:open sesame")));
  }
});

test("whoever guesses is held to account by his own address, also behind a trusted proxy", async () => {
  await using proxied = await startTestGate({
    adapter: true,
    listeners: { trustedProxies: [cidrRangeOf("127.0.0.0/8")] },
    steps: (real) => ({
      ...real,
      translate: (...given) => protect(real.translate(...given)),
    }),
  });
  assert.deepEqual(await proxied.apply([...world, secret("staff", { htpasswd: passwords() })]), []);
  const guess = async (password: string, from: string): Promise<number> => {
    const lines = ["Host: shop.test", basic(`alice:${password}`), `X-Forwarded-For: ${from}`];
    lines.push("X-Envoy-External-Address: 203.0.113.9");
    return (await sendText({ port: proxied.http }, http1Text("/basic", lines))).status;
  };
  const answers: number[] = [];
  for (let at = 0; at < 25; at++) answers.push(await guess(`wrong ${at}`, "198.51.100.1"));
  assert.deepEqual(new Set(answers.slice(0, 20)), new Set([401]));
  assert.equal(answers.at(-1), 429);
  assert.equal(await guess("open sesame", "198.51.100.1"), 429);
  assert.equal(await guess("open sesame", "198.51.100.2"), 200);
});
