import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type NginxStage, startNginxStage } from "../harness/nginx-stage.ts";

const everything = new AsyncDisposableStack();
let stage: NginxStage | undefined;

before(async () => {
  stage = everything.use(await startNginxStage());
});

after(() => everything.disposeAsync());

const upstreams = `
  upstreams:
    - {name: tea, service: tea-svc, port: 80}
    - {name: coffee, service: coffee-svc, port: 80}`;

/** A VirtualServer for a.test with these routes, YAML in flow style. */
function server(routes: readonly string[], more = ""): string {
  return `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: a}
spec:
  host: a.test${upstreams}${more}
  routes:
${routes.map((route) => `    - ${route}`).join("\n")}
`;
}

/** A Service that nobody answers for. */
const dead = `apiVersion: v1
kind: Service
metadata: {name: dead-svc}
spec: {ports: [{port: 80}]}
`;

function gate(): NginxStage {
  assert.ok(stage);
  return stage;
}

test("an upstream is told what nginx tells it: Host without port, X-Real-IP, X-Forwarded-*", async () => {
  await gate().apply(server(["{path: /tea, action: {pass: tea}}"]));
  const headers = { "x-real-ip": "6.6.6.6", "x-forwarded-host": "evil.test" };
  const { seen, headers: got } = await gate().ask("http://a.test:8080/tea?x=1", { headers });
  assert.equal(seen?.pod, "tea");
  assert.equal(seen.url, "/tea?x=1");
  assert.equal(seen.headers.host, "a.test");
  assert.equal(seen.headers["x-real-ip"], "127.0.0.1");
  assert.equal(seen.headers["x-forwarded-host"], "a.test");
  assert.equal(seen.headers["x-forwarded-port"], `${gate().gate.http}`);
  assert.equal(seen.headers["x-forwarded-proto"], "http");
  assert.ok(seen.headers["x-forwarded-for"]);
  assert.equal(got["x-accel-buffering"], undefined);
});

test("a prefix is raw text, and what no path takes is 404", async () => {
  await gate().apply(server(["{path: /tea, action: {pass: tea}}"]));
  assert.equal((await gate().ask("http://a.test/teapot")).seen?.pod, "tea");
  assert.equal((await gate().ask("http://a.test/")).status, 404);
  assert.equal((await gate().ask("http://other.test/tea")).status, 404);
});

test("locations are chosen as nginx does: exact, final prefix, patterns in order, longest prefix", async () => {
  const answer = (path: string, body: string): string =>
    `{path: '${path}', action: {return: {body: ${body}}}}`;
  await gate().apply(
    server([
      answer("/", "root"),
      answer("~ \\.png$", "png"),
      answer("~* ^/MENU", "menu"),
      answer("^~ /img", "img"),
      answer("/img/raw", "raw"),
      answer("=/img/logo.png", "logo"),
      answer("/menu/long", "long"),
    ]),
  );
  const expected: Readonly<Record<string, string>> = {
    "/img/logo.png": "logo",
    "/img/a.png": "img",
    "/img/raw/a.png": "png",
    "/img/raw/a.gif": "raw",
    "/menu/long": "menu",
    "/Menu.png": "png",
    "/a.pngx": "root",
    "/a.png?x=/img": "png",
  };
  for (const [path, body] of Object.entries(expected))
    assert.equal((await gate().ask(`http://a.test${path}`)).text, body, path);
});

test("a rewrite replaces the prefix as text, the whole path of a pattern, and keeps the query", async () => {
  const proxy = (path: string, rewrite: string): string =>
    `{path: '${path}', action: {proxy: {upstream: tea, rewritePath: '${rewrite}'}}}`;
  await gate().apply(
    server([
      proxy("/coffee", "/beans"),
      proxy("/slash", "/"),
      proxy("=/exact", "/other"),
      proxy("~ ^/v(\\d+)/(.*)$", "/$2/$1"),
      proxy("~ /inner/(\\w+)", "/x$1"),
    ]),
  );
  const expected: Readonly<Record<string, string>> = {
    "/coffee/latte?a=b": "/beans/latte?a=b",
    "/slash/x": "//x",
    "/exact": "/other",
    "/v12/a/b?q": "/a/b/12?q",
    "/inner/one": "/xone",
    "/outer/inner/one": "/outer/inner/one",
  };
  for (const [path, url] of Object.entries(expected))
    assert.equal((await gate().ask(`http://a.test${path}`)).seen?.url, url, path);
});

test("answers and redirects are as they are written, with variables filled in", async () => {
  await gate().apply(
    server([
      `{path: /text, action: {return: {body: "100% \${request_method} \${host} \${http_x_id}"}}}`,
      "{path: /json, action: {return: {code: 402, type: application/json, body: '{}', headers: [{name: X-A, value: b}]}}}",
      `{path: /to, action: {redirect: {code: 307, url: '\${scheme}://b.test\${request_uri}'}}}`,
    ]),
  );
  const text = await gate().ask("http://a.test/text", { headers: { "x-id": "7" } });
  assert.deepEqual([text.status, text.text], [200, "100% GET a.test 7"]);
  assert.equal(text.headers["content-type"], "text/plain");
  const json = await gate().ask("http://a.test/json");
  assert.deepEqual([json.status, json.text, json.headers["x-a"]], [402, "{}", "b"]);
  assert.equal(json.headers["content-type"], "application/json");
  const redirect = await gate().ask("http://a.test/to?a=b");
  assert.deepEqual([redirect.status, redirect.headers.location], [307, "http://b.test/to?a=b"]);
});

test("conditions are compared without regard to case; empty is absent, and ! is the contrary", async () => {
  const when = (condition: string, body: string): string =>
    `{conditions: [${condition}], action: {return: {body: ${body}}}}`;
  const matches = [
    when("{header: X-Kind, value: Gold}", "header"),
    when("{cookie: user, value: bob}", "cookie"),
    when("{argument: v, value: '2'}", "argument"),
    when("{variable: $request_method, value: put}", "method"),
    when("{header: X-Not, value: '!no'}, {header: X-Not, value: '!'}", "not"),
    when("{argument: w, value: '!'}, {header: x-w, value: ''}", "query"),
  ];
  await gate().apply(
    server([`{path: /, matches: [${matches.join(", ")}], action: {return: {body: rest}}}`]),
  );
  const asked: readonly (readonly [string, string, Parameters<NginxStage["ask"]>[1]])[] = [
    ["header", "/", { headers: { "x-kind": "GOLD" } }],
    ["rest", "/", { headers: { "x-kind": "golden" } }],
    ["cookie", "/", { headers: { cookie: "a=b; user=BOB; c=d" } }],
    ["rest", "/", { headers: { cookie: "superuser=bob" } }],
    ["argument", "/?u=1&V=2&w=3", {}],
    ["rest", "/?v=22", {}],
    ["method", "/", { method: "PUT" }],
    ["not", "/", { headers: { "x-not": "yes" } }],
    ["rest", "/", { headers: { "x-not": "NO" } }],
    ["query", "/?w=1", {}],
    ["rest", "/?w=", {}],
    ["rest", "/?w=1", { headers: { "x-w": "1" } }],
  ];
  for (const [body, path, options] of asked)
    assert.equal((await gate().ask(`http://a.test${path}`, options)).text, body, `${path} ${body}`);
});

test("splits share the requests by their weights", async () => {
  const split = (weight: number, body: string): string =>
    `{weight: ${weight}, action: {return: {body: ${body}}}}`;
  await gate().apply(
    server([`{path: /, splits: [${split(20, "a")}, ${split(0, "never")}, ${split(80, "b")}]}`]),
  );
  const counts = new Map<string, number>();
  for (let asked = 0; asked < 600; asked++) {
    const { text } = await gate().ask("http://a.test/");
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), ["a", "b"]);
  const share = (counts.get("a") ?? 0) / 600;
  // Six standard deviations of 600 draws at one fifth.
  assert.ok(share > 0.1 && share < 0.3, `${share}`);
});

test("headers are set, hidden and added; one that is set to nothing is not sent", async () => {
  const request =
    "requestHeaders: {set: [{name: Host, value: b.test}, {name: X-Real-IP, value: ''}]}";
  const response = `responseHeaders: {hide: [X-Internal], add: [{name: X-Added, value: 'for \${host}'}]}`;
  await gate().apply(
    server([
      `{path: /a, action: {proxy: {upstream: tea, ${request}, ${response}}}}`,
      "{path: /b, action: {pass: tea}}",
    ]),
  );
  const changed = await gate().ask("http://a.test/a", { headers: { "x-real-ip": "6.6.6.6" } });
  assert.equal(changed.seen?.headers.host, "b.test");
  assert.equal(changed.seen.headers["x-real-ip"], undefined);
  assert.equal(changed.headers["x-internal"], undefined);
  assert.equal(changed.headers["x-added"], "for a.test");
  assert.equal((await gate().ask("http://a.test/b")).headers["x-internal"], "1");
});

test("a header that is set to what a request lacks is not the one that the client sent", async () => {
  const set = [
    `{name: X-User, value: "\${http_x_verified}"}`,
    `{name: X-One, value: "\${http_x_other}"}`,
    `{name: X-Other, value: "\${http_x_one}"}`,
    `{name: X-Kept, value: "\${http_x_kept}"}`,
  ].join(", ");
  const route = `{path: /, action: {proxy: {upstream: tea, requestHeaders: {set: [${set}]}}}}`;
  await gate().apply(server([route]));
  const spoofed = await gate().ask("http://a.test/", {
    headers: { "x-user": "root", "x-one": "1", "x-kept": "k" },
  });
  assert.equal(spoofed.seen?.headers["x-user"], undefined);
  assert.equal(spoofed.seen?.headers["x-one"], "");
  assert.equal(spoofed.seen?.headers["x-other"], "1");
  assert.equal(spoofed.seen?.headers["x-kept"], "k");
  const verified = await gate().ask("http://a.test/", { headers: { "x-verified": "alice" } });
  assert.equal(verified.seen?.headers["x-user"], "alice");
});

test("a body that is too long gets 413, on an exact host and on a wildcard, and other hosts have no limit", async () => {
  const more = "\n    - {name: small, service: tea-svc, port: 80, client-max-body-size: 1k}";
  const exact = server(["{path: /, action: {pass: small}}"], more);
  const wild = exact.replace("host: a.test", 'host: "*.b.test"').replace("name: a", "name: b");
  await gate().apply(`${exact}---\n${wild}`);
  for (const host of ["a.test", "x.y.b.test"]) {
    const asked = (bytes: number): Promise<number> =>
      gate()
        .ask(`http://${host}/`, { method: "POST", body: "x".repeat(bytes) })
        .then(({ status }) => status);
    assert.equal(await asked(1024), 200);
    assert.equal(await asked(1025), 413);
  }
});

test("what is missing or broken answers as nginx does: 502 without a Service, 500 for a policy", async () => {
  const more =
    "\n    - {name: nobody, service: nobody-svc, port: 80}\n    - {name: dead, service: dead-svc, port: 80}";
  await gate().apply(
    `${dead}---\n${server(
      [
        "{path: /nobody, action: {pass: nobody}}",
        "{path: /dead, action: {pass: dead}}",
        "{path: /busy, action: {proxy: {upstream: tea, rewritePath: /fail}}}",
        "{path: /closed, policies: [{name: office}], action: {pass: tea}}",
        "{path: '~ ^/look(?!ahead)', action: {pass: tea}}",
        "{path: /, action: {pass: tea}}",
      ],
      more,
    )}`,
  );
  const statuses = await Promise.all(
    ["/nobody", "/dead", "/busy", "/closed", "/lookout", "/"].map((path) =>
      gate().ask(`http://a.test${path}`),
    ),
  );
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [502, 502, 503, 500, 500, 200],
  );
});

test("a limit's own 503 is not taken for that of an upstream that cannot be reached", async () => {
  const policy = `apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: {name: slow}
spec: {rateLimit: {rate: 1r/m, key: "\${binary_remote_addr}", zoneSize: 1m}}
---
`;
  await gate().apply(
    `${policy}${server(["{path: /, policies: [{name: slow}], action: {pass: tea}}"])}`,
  );
  const first = await gate().ask("http://a.test/");
  const second = await gate().ask("http://a.test/");
  assert.deepEqual([first.status, second.status], [200, 503]);
});

test("error pages stand in the place of an upstream's errors, and of those of the gate", async () => {
  const more = "\n    - {name: dead, service: dead-svc, port: 80}";
  const pages = [
    `{codes: [503, 404], return: {code: 200, type: text/html, body: 'was \${upstream_status}', headers: [{name: X-Page, value: a}]}}`,
    "{codes: [502], return: {type: text/html, body: down, headers: [{name: X-Page, value: a}]}}",
    "{codes: [413], redirect: {code: 302, url: 'https://b.test/large'}}",
  ];
  const given = `errorPages: [${pages.join(", ")}]`;
  await gate().apply(
    `${server(
      [
        `{path: /fail, ${given}, action: {pass: tea}}`,
        `{path: /dead, ${given}, action: {pass: dead}}`,
        "{path: /, action: {proxy: {upstream: tea, rewritePath: /fail}}}",
      ],
      more,
    )}---\n${dead}`,
  );
  // Where a page has no code the status of the error stays.
  for (const [path, status, text] of [
    ["/fail", 200, "was 503"],
    ["/dead", 502, "down"],
  ] as const) {
    const page = await gate().ask(`http://a.test${path}`);
    assert.deepEqual([page.status, page.text], [status, text], path);
    assert.deepEqual([page.headers["content-type"], page.headers["x-page"]], ["text/html", "a"]);
  }
  const body = "x".repeat(1024 * 1024 + 1);
  const large = await gate().ask("http://a.test/fail", { method: "POST", body });
  assert.deepEqual([large.status, large.headers.location], [302, "https://b.test/large"]);
  assert.equal((await gate().ask("http://a.test/")).status, 503);
});

test("every kind of upstream is one that Envoy takes", async () => {
  const more = [
    "{name: u1, service: tea-svc, port: 80, lb-method: ip_hash, sessionCookie: {enable: true, name: s, expires: 1h, httpOnly: true}}",
    "{name: u2, service: tea-svc, port: 80, lb-method: round_robin, slow-start: 30s, max-conns: 3}",
    "{name: u3, service: tea-svc, port: 80, lb-method: least_conn, healthCheck: {enable: true, path: /ok, statusMatch: '! 500-599'}}",
    "{name: u4, service: tea-svc, port: 80, type: grpc, tls: {enable: true}, healthCheck: {enable: true, grpcService: a}}",
    "{name: u5, service: tea-svc, port: 80, backup: coffee-svc, backupPort: 80, next-upstream: error http_503}",
    "{name: u6, service: tea-svc, port: 80, lb-method: 'hash $request_uri consistent'}",
  ];
  const routes = more.map((_, index) => `{path: /u${index + 1}, action: {pass: u${index + 1}}}`);
  await gate().apply(server(routes, more.map((one) => `\n    - ${one}`).join("")));
  const cookie = (await gate().ask("http://a.test/u1")).headers["set-cookie"]?.[0] ?? "";
  assert.match(cookie, /^s="?\w+"?; Max-Age=3600;.*HttpOnly/);
  assert.equal((await gate().ask("http://a.test/u5")).seen?.pod, "tea");
});
