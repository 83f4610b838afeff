import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type Answer, ask, type RunningStandIn, runStandIn } from "#test/fakes/running-stand-in.ts";
import { httpbin } from "./index.ts";

let server: RunningStandIn;
before(async () => {
  server = await runStandIn(httpbin);
});
after(() => server[Symbol.asyncDispose]());

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return await ask(`${server.url}${path}`, { headers });
}

function json({ text }: Answer): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

const proxied = {
  "x-forwarded-host": "httpbin.example.org",
  "x-forwarded-for": "192.0.2.7",
  "x-forwarded-proto": "https",
  "x-real-ip": "192.0.2.7",
};

test("/headers shows names in Title-Case, sorted, without those that proxies add", async () => {
  const answer = await get("/headers", proxied);
  const headers = json(answer)["headers"] as Record<string, string>;
  assert.equal(headers["X-Forwarded-Host"], "httpbin.example.org");
  assert.equal(`http://${headers["Host"]}`, server.url);
  assert.equal(headers["X-Forwarded-For"], undefined);
  assert.equal(headers["X-Real-Ip"], undefined);
  assert.deepEqual(Object.keys(headers), Object.keys(headers).toSorted());
  assert.match(answer.text, /^\{\n {2}"headers": \{\n {4}"/);
  const all = json(await get("/headers?show_env=1", proxied))["headers"] as Record<string, string>;
  assert.equal(all["X-Forwarded-For"], "192.0.2.7");
});

test("/status/418 is the teapot of the Python httpbin, byte for byte", async () => {
  const { status, text, headers } = await get("/status/418");
  assert.equal(status, 418);
  assert.equal(headers.get("x-more-info"), "http://tools.ietf.org/html/rfc2324");
  const digest = createHash("sha256").update(text).digest("hex");
  assert.equal(digest, "30a535fafb69211b175e917fcbed68bb055368f1509535a7bb986f2dd961bb53");
});

test("/status answers what was asked for, one of several, and 400 for nonsense", async () => {
  assert.equal((await get("/status/503")).status, 503);
  assert.equal((await get("/status/204")).status, 204);
  assert.equal((await get("/status/200:0,502:1")).status, 502);
  assert.equal((await get("/status/abc")).status, 400);
  assert.equal((await get("/status/302")).headers.get("location"), "/redirect/1");
});

test("/get and /anything say what was asked, by whom, and with what body", async () => {
  const shown = json(await get("/get?a=1&a=2&b=3", proxied));
  assert.deepEqual(shown["args"], { a: ["1", "2"], b: "3" });
  assert.equal(shown["origin"], "192.0.2.7");
  assert.match(String(shown["url"]), /^https:\/\/127\.0\.0\.1:\d+\/get\?a=1&a=2&b=3$/);
  const posted = await ask(`${server.url}/anything/deep`, {
    method: "PUT",
    body: '{"x":1}',
    headers: { "content-type": "application/json" },
  });
  assert.equal(json(posted)["method"], "PUT");
  assert.deepEqual(json(posted)["json"], { x: 1 });
  const form = await ask(`${server.url}/post`, {
    method: "POST",
    body: new URLSearchParams({ a: "b" }),
  });
  assert.deepEqual(json(form)["form"], { a: "b" });
});

test("/ip, /user-agent, /cookies and /response-headers", async () => {
  assert.deepEqual(json(await get("/ip")), { origin: "127.0.0.1" });
  assert.deepEqual(json(await get("/user-agent", { "user-agent": "me" })), { "user-agent": "me" });
  assert.deepEqual(json(await get("/cookies", { cookie: "a=1; b=2" })), {
    cookies: { a: "1", b: "2" },
  });
  assert.equal((await get("/response-headers?x-a=b")).headers.get("x-a"), "b");
});

test("redirects count down and end at /get", async () => {
  assert.equal((await get("/redirect/3")).headers.get("location"), "/relative-redirect/2");
  assert.equal((await get("/redirect/1")).headers.get("location"), "/get");
  const to = await get("/redirect-to?url=https%3A%2F%2Fexample.org%2F&status_code=307");
  assert.deepEqual([to.status, to.headers.get("location")], [307, "https://example.org/"]);
});

test("basic authentication is asked for and checked", async () => {
  const refused = await get("/basic-auth/me/pass");
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="Fake Realm"');
  const credentials = Buffer.from("me:pass").toString("base64");
  const passed = await get("/basic-auth/me/pass", { authorization: `Basic ${credentials}` });
  assert.deepEqual(json(passed), { authenticated: true, user: "me" });
  assert.equal((await get("/hidden-basic-auth/me/pass")).status, 404);
});

test("unknown paths are 404, known ones with another method 405", async () => {
  assert.equal((await get("/nope")).status, 404);
  const wrong = await ask(`${server.url}/get`, { method: "POST" });
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow") ?? "", /GET/);
});
