/** Ingresses as NGINX Ingress Controller serves them, before real Envoy: one test for each trap that its users know. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";

const everything = new AsyncDisposableStack();
let stage: NginxStage | undefined;

before(async () => {
  stage = everything.use(await startNginxStage());
});

after(() => everything.disposeAsync());

function gate(): NginxStage {
  assert.ok(stage);
  return stage;
}

interface Written {
  readonly name?: string;
  readonly host?: string;
  readonly className?: string;
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Path, as `/tea` or `=/tea` → Service. */
  readonly paths?: Readonly<Record<string, string>>;
  readonly tls?: boolean;
}

/** JSON is YAML. */
function ingress({
  name = "a",
  host = "a.test",
  className = "nginx",
  created,
  annotations = {},
  paths = { "/tea": "tea-svc" },
  tls = false,
}: Written): string {
  const rules = [
    {
      ...(host === "" ? {} : { host }),
      ...(Object.keys(paths).length === 0
        ? {}
        : {
            http: {
              paths: Object.entries(paths).map(([path, service]) => ({
                path: path.replace(/^=/, ""),
                pathType: path.startsWith("=") ? "Exact" : "Prefix",
                backend: { service: { name: service, port: { number: 80 } } },
              })),
            },
          }),
    },
  ];
  const metadata = { name, annotations, ...(created && { creationTimestamp: created }) };
  const spec = {
    ingressClassName: className,
    rules,
    ...(tls ? { tls: [{ hosts: [host], secretName: "missing" }] } : {}),
  };
  const manifest = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec };
  return `---\n${JSON.stringify(manifest)}\n`;
}

function ingressClass(name: string, controller: string): string {
  const type = { apiVersion: "networking.k8s.io/v1", kind: "IngressClass" };
  return `---\n${JSON.stringify({ ...type, metadata: { name, namespace: "" }, spec: { controller } })}\n`;
}

async function podAt(url: string): Promise<string | number> {
  const { seen, status } = await gate().ask(url);
  return seen?.pod ?? status;
}

test("prefixes are raw text for the controller's class alone, and go by segments for others", async () => {
  await gate().apply(
    ingressClass("f5", "nginx.org/ingress-controller") +
      ingressClass("ours", "sekisho.dev/ingress") +
      ingress({ name: "a", host: "a.test", className: "f5" }) +
      ingress({ name: "b", host: "b.test", className: "ours" }),
  );
  assert.equal(await podAt("http://a.test/teapot"), "tea");
  assert.equal(await podAt("http://b.test/teapot"), 404);
  assert.equal(await podAt("http://b.test/tea/pot"), "tea");
});

test("an upstream is told what nginx tells it, whatever the client wrote", async () => {
  await gate().apply(ingress({}));
  const headers = { "x-real-ip": "6.6.6.6", "x-forwarded-host": "evil.test" };
  const { seen, headers: got } = await gate().ask("http://a.test:8080/tea?x=1", { headers });
  assert.equal(seen?.url, "/tea?x=1");
  assert.equal(seen.headers.host, "a.test");
  assert.equal(seen.headers["x-real-ip"], "127.0.0.1");
  assert.equal(seen.headers["x-forwarded-host"], "a.test");
  assert.equal(got["x-accel-buffering"], undefined);
});

test("a host is one object's: a younger Ingress gets nothing of it until the other goes", async () => {
  const old = ingress({ name: "old", created: "2024-01-01T00:00:00Z" });
  const young = ingress({
    name: "young",
    created: "2025-01-01T00:00:00Z",
    paths: { "/coffee": "coffee-svc" },
  });
  await gate().apply(old + young);
  assert.equal(await podAt("http://a.test/coffee"), 404);
  await gate().apply(young);
  assert.equal(await podAt("http://a.test/coffee"), "coffee");
});

test("with TLS plain HTTP is sent to port 443 by 301, also of paths that nobody has; not a challenge", async () => {
  const challenge = "/.well-known/acme-challenge/token";
  await gate().apply(
    ingress({ tls: true, paths: { "/tea": "tea-svc", [`=${challenge}`]: "coffee-svc" } }),
  );
  const { status, headers } = await gate().ask("http://a.test:8080/x?y=1");
  assert.equal(status, 301);
  assert.equal(headers.location, "https://a.test:443/x?y=1");
  assert.equal(await podAt(`http://a.test${challenge}`), "coffee");
});

test("ssl-redirect off leaves plain HTTP alone, and http-redirect-code is the code", async () => {
  await gate().apply(
    ingress({ tls: true, annotations: { "nginx.org/ssl-redirect": "false" } }) +
      ingress({
        ...{ name: "b", host: "b.test", tls: true },
        annotations: { "nginx.org/http-redirect-code": "307" },
      }),
  );
  assert.equal(await podAt("http://a.test/tea"), "tea");
  assert.equal((await gate().ask("http://b.test/tea")).status, 307);
});

test("rewrites replaces the prefix as text, and rewrite-target the whole path with what was matched", async () => {
  await gate().apply(
    ingress({
      paths: { "/tea/": "tea-svc", "=/coffee": "coffee-svc" },
      annotations: {
        "nginx.org/rewrites": "serviceName=tea-svc rewrite=/;serviceName=coffee-svc rewrite=/beans",
      },
    }) +
      ingress({
        ...{ name: "b", host: "b.test", paths: { "/v1/(\\w+)/(\\d+)": "tea-svc" } },
        annotations: {
          "nginx.org/path-regex": "case_insensitive",
          "nginx.org/rewrite-target": "/$2/of/$1",
        },
      }),
  );
  assert.equal((await gate().ask("http://a.test/tea/green?x=1")).seen?.url, "/green?x=1");
  assert.equal((await gate().ask("http://a.test/coffee")).seen?.url, "/beans");
  assert.equal((await gate().ask("http://b.test/V1/cup/2?x=1")).seen?.url, "/2/of/cup?x=1");
});

test("a pattern that cannot be done answers 500, and hands its paths to nobody else", async () => {
  await gate().apply(
    ingress({
      paths: { "/secret(?=/)": "coffee-svc", "/": "tea-svc" },
      annotations: { "nginx.org/path-regex": "case_sensitive" },
    }),
  );
  assert.equal(await podAt("http://a.test/secret/x"), 500);
  assert.equal(await podAt("http://a.test/open"), "tea");
});

const closing: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a Policy that is missing": { "nginx.org/policies": "missing" },
  "a Policy that is missing, by the paid one's annotation": { "nginx.com/policies": "missing" },
  "passwords that are missing": { "nginx.org/basic-auth-secret": "missing" },
  "passwords of another namespace": { "nginx.org/basic-auth-secret": "elsewhere" },
  "keys of tokens that are missing": { "nginx.com/jwt-key": "missing", "nginx.com/jwt-realm": "a" },
  "a firewall": { "appprotect.f5.com/app-protect-enable": "True" },
  "a snippet of a location": { "nginx.org/location-snippets": "deny all;" },
  "a snippet of the server": { "nginx.org/server-snippets": "deny all;" },
  "passwords of the other nginx": { "nginx.ingress.kubernetes.io/auth-type": "basic" },
};

const elsewhere = `---
apiVersion: v1
kind: Secret
metadata: {name: elsewhere, namespace: other}
type: nginx.org/htpasswd
stringData: {htpasswd: "alice:{PLAIN}x"}
`;

for (const [what, annotations] of Object.entries(closing)) {
  test(`${what}: nobody gets through, on an exact host, a wildcard and every host`, async () => {
    const marked = { "nginx.org/client-max-body-size": "1m", ...annotations };
    await gate().apply(
      ingress({ name: "exact", annotations: marked }) +
        ingress({ name: "wildcard", host: "*.wild.test", annotations: marked }) +
        ingress({ name: "any", host: "", annotations: marked }) +
        elsewhere,
    );
    for (const host of [
      "a.test",
      "A.TEST:8080",
      "a.test.",
      "x.wild.test",
      "y.x.wild.test",
      "else.test",
    ]) {
      const { status, seen } = await gate().ask(`http://${host}/tea`, { headers: { host } });
      assert.equal(seen, undefined, host);
      assert.ok(status === 500 || status === 503, `${status} at ${host}`);
    }
  });
}

test("an annotation that is wrong has the whole Ingress rejected", async () => {
  await gate().apply(ingress({ annotations: { "nginx.org/lb-method": "by_lot" } }));
  assert.equal(await podAt("http://a.test/tea"), 404);
});

test("what is too much gets 429, and a second request needs its time even within the rate", async () => {
  await gate().apply(ingress({ annotations: { "nginx.org/limit-req-rate": "1r/m" } }));
  const statuses = [await podAt("http://a.test/tea"), await podAt("http://a.test/tea")];
  assert.deepEqual(statuses, ["tea", 429]);
});

test("bodies are limited to 1m, or what is said", async () => {
  await gate().apply(
    ingress({}) +
      ingress({
        name: "b",
        host: "b.test",
        annotations: { "nginx.org/client-max-body-size": "4m" },
      }),
  );
  const body = "x".repeat(2 * 1024 * 1024);
  const post = { method: "POST", body } as const;
  assert.equal((await gate().ask("http://a.test/tea", post)).status, 413);
  assert.equal((await gate().ask("http://b.test/tea", post)).seen?.pod, "tea");
});

test("minions bring paths to the host of their master; without one they serve nothing", async () => {
  const minion = (name: string, path: string, service: string): string =>
    ingress({
      ...{ name, paths: { [path]: service } },
      annotations: { "nginx.org/mergeable-ingress-type": "minion" },
    });
  const minions = minion("m1", "/tea", "tea-svc") + minion("m2", "/coffee", "coffee-svc");
  await gate().apply(minions);
  assert.equal(await podAt("http://a.test/tea"), 404);
  const annotations = {
    "nginx.org/mergeable-ingress-type": "master",
    "nginx.org/add-header": "X-Of: master",
    "nginx.org/proxy-set-headers": "X-Told: by-master",
  };
  await gate().apply(minions + ingress({ name: "master", paths: {}, annotations }));
  assert.equal(await podAt("http://a.test/tea"), "tea");
  const { seen, headers } = await gate().ask("http://a.test/coffee/x");
  assert.equal(seen?.pod, "coffee");
  assert.equal(seen.headers["x-told"], "by-master");
  assert.equal(headers["x-of"], "master");
});

test("headers are set, hidden, passed and added as annotations say", async () => {
  await gate().apply(
    ingress({
      annotations: {
        "nginx.org/proxy-set-headers": "X-Given, X-Fixed: green, X-Real-IP: hidden",
        "nginx.org/proxy-hide-headers": "X-Internal",
        "nginx.org/proxy-pass-headers": "X-Accel-Buffering",
        "nginx.org/add-header": "X-Frame-Options: DENY:always",
      },
    }),
  );
  const headers = { "x-given": "by-client", "x-fixed": "by-client" };
  const { seen, headers: got } = await gate().ask("http://a.test/tea", { headers });
  assert.equal(seen?.headers["x-given"], "by-client");
  assert.equal(seen.headers["x-fixed"], "green");
  assert.equal(seen.headers["x-real-ip"], "hidden");
  assert.equal(got["x-internal"], undefined);
  assert.equal(got["x-accel-buffering"], "no");
  assert.equal(got["x-frame-options"], "DENY");
});

test("the root of a host leads to app-root, and HSTS is not told over plain HTTP", async () => {
  await gate().apply(
    ingress({
      annotations: {
        "nginx.org/app-root": "/tea",
        "nginx.org/hsts": "true",
        "nginx.org/hsts-behind-proxy": "true",
      },
    }),
  );
  const { status, headers } = await gate().ask("http://a.test:8080/");
  assert.equal(status, 302);
  assert.equal(headers.location, "http://a.test:8080/tea");
  const plain = await gate().ask("http://a.test/tea");
  assert.equal(plain.headers["strict-transport-security"], undefined);
});

test("clients stay with a cookie that the gate gives them", async () => {
  const cookie = "serviceName=tea-svc srv_id expires=1h path=/tea httponly";
  await gate().apply(ingress({ annotations: { "nginx.org/sticky-cookie-services": cookie } }));
  const { headers } = await gate().ask("http://a.test/tea");
  assert.match(`${headers["set-cookie"]}`, /^srv_id=.*; Max-Age=3600; Path=\/tea; HttpOnly/i);
});

test("the controller's ConfigMap says what holds where an Ingress says nothing", async () => {
  const map = `apiVersion: v1
kind: ConfigMap
metadata: {name: nginx-config, namespace: nginx-ingress}
data: {client-max-body-size: "10", ssl-redirect: "false"}
`;
  await gate().apply(
    map +
      ingress({ tls: true }) +
      ingress({
        name: "b",
        host: "b.test",
        annotations: { "nginx.org/client-max-body-size": "1m" },
      }),
  );
  const post = { method: "POST", body: "more than ten bytes" } as const;
  assert.equal((await gate().ask("http://a.test/tea", post)).status, 413);
  assert.equal((await gate().ask("http://b.test/tea", post)).seen?.pod, "tea");
});

test("redirects of an upstream lead elsewhere where proxy-redirect says so, and others stay", async () => {
  const annotations = {
    "nginx.org/proxy-redirect-from": "http://inside.test:8080/",
    "nginx.org/proxy-redirect-to": "$scheme://$host/outside/",
  };
  const paths = { "/": "tea-svc" };
  const other = { ...annotations, "nginx.org/proxy-redirect-from": "http://another.test/" };
  await gate().apply(
    ingress({ name: "a", paths, annotations }) +
      ingress({ name: "b", host: "b.test", paths, annotations: other }),
  );
  const moved = await gate().ask("http://a.test/moved");
  assert.equal(moved.headers.location, "http://a.test/outside/pot?x=1");
  const stayed = await gate().ask("http://b.test/moved");
  assert.equal(stayed.headers.location, "http://inside.test:8080/pot?x=1");
  const ours = [...Object.keys(moved.headers), ...Object.keys(stayed.headers)];
  assert.deepEqual(
    ours.filter((name) => name.startsWith("x-sekisho")),
    [],
  );
});

test("headers are added to answers that are no errors, unless it says always", async () => {
  const annotations = { "nginx.org/add-header": "X-Kind: arabica,X-Shop: cafe:always" };
  await gate().apply(ingress({ paths: { "/": "tea-svc" }, annotations }));
  const good = await gate().ask("http://a.test/tea");
  assert.deepEqual([good.headers["x-kind"], good.headers["x-shop"]], ["arabica", "cafe"]);
  const bad = await gate().ask("http://a.test/fail");
  assert.deepEqual([bad.headers["x-kind"], bad.headers["x-shop"]], [undefined, "cafe"]);
});
