import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import {
  type IdentityProvider,
  startIdentityProvider,
} from "#test/fakes/certificates/identity-provider.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import type { Verdict } from "../check.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";
import type { PolicyJudge } from "./contract-kind.ts";

let provider: IdentityProvider;
before(async () => {
  provider = await startIdentityProvider();
});
after(() => provider[Symbol.asyncDispose]());
beforeEach(() => {
  provider.claims = {};
  provider.isUp = true;
});

function open(more: JsonObject = {}): PolicyJudge {
  const { address, clientId, clientSecret } = provider;
  const at = (path: string): JsonObject => ({ addresses: [address], host: "id.test", path });
  return openPolicy(
    {
      ...{ kind: "oidc", authEndpoint: "https://id.test/auth?realm=a", clientId, clientSecret },
      ...{ token: at("/token"), keys: { ...at("/certs"), keepMs: 1000 }, scope: "openid profile" },
      ...{ arguments: ["prompt=login"], pkce: true, passesToken: true, redirectPath: "/_codexch" },
      ...{ endSession: "https://id.test/end", afterLogout: "/_logout", status: 500 },
      ...more,
    },
    contractDeps(),
  );
}

type Headers = Readonly<Record<string, string>>;

async function ask(judge: PolicyJudge, path: string, headers: Headers = {}): Promise<Verdict> {
  return await judge.judge(checkWith(headers, path), new AbortController().signal);
}

function denied(verdict: Verdict): { readonly status: number; readonly headers: Headers } {
  assert.ok(verdict.kind === "deny", JSON.stringify(verdict));
  const headers = verdict.headers.map(({ name, value }) => [name, value] as const);
  return { status: verdict.status, headers: Object.fromEntries(headers) };
}

/** The cookie that a header has a browser keep, as it sends it back. */
function cookieOf(headers: Headers): string {
  return headers["set-cookie"]?.split(";")[0] ?? "";
}

interface Begun {
  readonly location: string;
  readonly cookie: string;
}

async function begin(judge: PolicyJudge, path = "/a?b=c"): Promise<Begun> {
  const { status, headers } = denied(await ask(judge, path));
  assert.equal(status, 302);
  return { location: headers["location"] ?? "", cookie: cookieOf(headers) };
}

async function signIn(judge: PolicyJudge): Promise<string> {
  const { location, cookie } = await begin(judge);
  const { status, headers } = denied(await ask(judge, provider.signIn(location), { cookie }));
  assert.equal(status, 302);
  return cookieOf(headers);
}

test("who did not sign in is sent to the provider, with all that it needs to know", async () => {
  const { location } = await begin(open());
  const url = new URL(location);
  assert.equal(`${url.origin}${url.pathname}`, "https://id.test/auth");
  const { state, nonce, code_challenge: proof, ...rest } = Object.fromEntries(url.searchParams);
  for (const drawn of [state, nonce, proof]) assert.match(drawn ?? "", /^[\w-]{43}$/);
  assert.deepEqual(rest, {
    realm: "a",
    response_type: "code",
    scope: "openid profile",
    client_id: "shop",
    redirect_uri: "https://shop.test:8443/_codexch",
    code_challenge_method: "S256",
    prompt: "login",
  });
});

test("who signed in comes back to where it began, and passes as who it is", async () => {
  const judge = open();
  const { location, cookie } = await begin(judge, "/a?b=c");
  const { headers } = denied(await ask(judge, provider.signIn(location), { cookie }));
  assert.equal(headers["location"], "https://shop.test:8443/a?b=c");
  assert.match(headers["set-cookie"] ?? "", /; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
  const sent = { cookie: `x=1; ${cookieOf(headers)}; y=2`, username: "root" };
  assert.deepEqual(await ask(judge, "/a", sent), {
    kind: "allow",
    set: [
      { name: "username", value: "alice" },
      { name: "authorization", value: "Bearer an access token" },
      { name: "cookie", value: "x=1; y=2" },
    ],
    remove: [],
    answer: [],
  });
});

test("an adapter that was started anew knows the session; one with another secret does not", async () => {
  const cookie = await signIn(open());
  assert.equal((await ask(open(), "/", { cookie })).kind, "allow");
  for (const other of [{ clientSecret: "another" }, { clientId: "another" }])
    assert.equal(denied(await ask(open(other), "/", { cookie })).status, 302);
});

const forged: Readonly<Record<string, (begun: Begun, back: string) => readonly [string, Headers]>> =
  {
    "without the cookie of its beginning": (_, back) => [back, {}],
    "with the state of somebody else": ({ cookie }, back) => [
      back.replace(/state=[^&]*/, "state=another"),
      { cookie },
    ],
    "without a code": ({ cookie }, back) => [back.replace(/code=[^&]*&/, ""), { cookie }],
    "with a cookie that was changed": ({ cookie }, back) => [
      back,
      { cookie: `${cookie.slice(0, -2)}AA` },
    ],
  };

for (const [what, forge] of Object.entries(forged)) {
  test(`who comes back ${what} is turned away`, async () => {
    const judge = open();
    const begun = await begin(judge);
    const [path, headers] = forge(begun, provider.signIn(begun.location));
    assert.equal(denied(await ask(judge, path, headers)).status, 403);
  });
}

const strange: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "for somebody else": { aud: "another" },
  "for several, of whom we did not ask": { aud: ["shop", "another"], azp: "another" },
  "of another beginning": { nonce: "another" },
  "that is over": { exp: 1 },
  "without an end": { exp: undefined },
  "of nobody": { sub: undefined },
  "of a name that no header can carry": { sub: "a\r\nx: y" },
};

for (const [what, claims] of Object.entries(strange)) {
  test(`a token ${what} lets nobody in`, async () => {
    provider.claims = claims;
    const judge = open();
    const { location, cookie } = await begin(judge);
    const verdict = denied(await ask(judge, provider.signIn(location), { cookie }));
    assert.deepEqual(verdict, { status: 403, headers: {} });
  });
}

test("a code is good once, and none while the provider is away", async () => {
  const judge = open();
  const { location, cookie } = await begin(judge);
  const back = provider.signIn(location);
  assert.equal(denied(await ask(judge, back, { cookie })).status, 302);
  assert.equal(denied(await ask(judge, back, { cookie })).status, 500);
  provider.isUp = false;
  const away = open();
  const begun = await begin(away);
  const verdict = await ask(away, provider.signIn(begun.location), { cookie: begun.cookie });
  assert.equal(denied(verdict).status, 500);
});

test("who signs out is forgotten here and at the provider", async () => {
  const { status, headers } = denied(await ask(open(), "/logout"));
  assert.equal(status, 302);
  const url = new URL(headers["location"] ?? "");
  assert.equal(url.pathname, "/end");
  assert.equal(url.searchParams.get("post_logout_redirect_uri"), "https://shop.test:8443/_logout");
  assert.match(headers["set-cookie"] ?? "", /^sekisho-session-\w+=; Path=\/; Max-Age=0/);
  assert.equal(denied(await ask(open(), "/_logout")).status, 200);
});
