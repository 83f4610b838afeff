import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { type AuthService, startAuthService } from "#test/fakes/auth-service.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { Verdict } from "../check.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";

function policyOf(addresses: readonly string[], more: JsonObject = {}): JsonObject {
  return {
    kind: "external-request",
    addresses,
    ...{ host: "auth.test", path: "/auth?x=1", timeoutMs: 60_000, status: 500 },
    upstreamHeaders: ["X-User", "X-Groups"],
    ...more,
  };
}

const never = new AbortController().signal;

async function answerTo(
  service: AuthService,
  headers: Readonly<Record<string, string>> = {},
  more: JsonObject = {},
): Promise<Verdict> {
  const judge = openPolicy(policyOf([service.address], more), contractDeps());
  try {
    return await judge.judge(checkWith(headers), never);
  } finally {
    judge.close();
  }
}

test("the service is asked by GET, with the client's headers and what it asked for", async () => {
  await using service = await startAuthService(() => ({ status: 200 }));
  await answerTo(service, {
    ":method": "POST",
    cookie: "a=b",
    host: "shop.test",
    "content-length": "12",
    "transfer-encoding": "chunked",
    "x-original-url": "https://elsewhere.test/",
  });
  const [asked] = service.asked as [IncomingMessage];
  assert.equal(`${asked.method} ${asked.url}`, "GET /auth?x=1");
  const { connection: _, ...headers } = asked.headers;
  assert.deepEqual(headers, {
    host: "auth.test",
    cookie: "a=b",
    "x-original-method": "POST",
    "x-original-uri": "/a?b=c",
    "x-original-url": "https://shop.test:8443/a?b=c",
  });
});

test("what the service says goes on to the backend; what it does not say is taken from the client's request", async () => {
  await using service = await startAuthService(() => ({
    status: 204,
    headers: { "x-user": "alice", "x-other": "1" },
  }));
  assert.deepEqual(await answerTo(service, { "x-groups": "admin" }), {
    kind: "allow",
    set: [{ name: "x-user", value: "alice" }],
    remove: ["x-groups"],
    answer: [],
  });
});

const denials: Readonly<Record<number, number>> = {
  401: 401,
  403: 403,
  302: 500,
  404: 500,
  500: 500,
};

for (const [said, status] of Object.entries(denials)) {
  test(`${said} of the service is ${status} for the client`, async () => {
    await using service = await startAuthService(() => ({ status: Number(said) }));
    assert.deepEqual(await answerTo(service), { kind: "deny", status, headers: [] });
  });
}

test("401 keeps what the service wants to be shown", async () => {
  const headers = { "www-authenticate": "Bearer" };
  await using service = await startAuthService(() => ({ status: 401, headers }));
  assert.deepEqual(await answerTo(service), {
    kind: "deny",
    status: 401,
    headers: [{ name: "www-authenticate", value: "Bearer" }],
  });
});

test("on 401 a browser is sent to where one signs in, with the way back", async () => {
  await using service = await startAuthService(() => ({ status: 401 }));
  const signIn = "https://auth.test/start?a=1";
  assert.deepEqual(await answerTo(service, {}, { signIn }), {
    kind: "deny",
    status: 302,
    headers: [
      {
        name: "location",
        value: `${signIn}&rd=${encodeURIComponent("https://shop.test:8443/a?b=c")}`,
      },
    ],
  });
});

test("a service that is not there, or has no endpoints, is a failure", async () => {
  const gone = await startAuthService(() => undefined);
  await gone[Symbol.asyncDispose]();
  assert.deepEqual(await answerTo(gone), { kind: "deny", status: 500, headers: [] });
  const judge = openPolicy(policyOf([]), contractDeps());
  assert.deepEqual(await judge.judge(checkWith({}), never), {
    kind: "deny",
    status: 500,
    headers: [],
  });
});

test("where one endpoint is gone the next is asked", async () => {
  const gone = await startAuthService(() => undefined);
  await gone[Symbol.asyncDispose]();
  await using service = await startAuthService(() => ({ status: 200 }));
  const judge = openPolicy(policyOf([gone.address, service.address]), contractDeps());
  for (let time = 0; time < 4; time++)
    assert.equal((await judge.judge(checkWith({}), never)).kind, "allow");
  judge.close();
});

test("a service that does not answer in time is a failure", async () => {
  await using service = await startAuthService(() => undefined);
  const clock = createManualClock();
  const judge = openPolicy(policyOf([service.address]), { ...contractDeps(), clock });
  const verdict = judge.judge(checkWith({}), never);
  await clock.timerSet();
  await clock.advance({ seconds: 60 });
  assert.deepEqual(await verdict, { kind: "deny", status: 500, headers: [] });
  judge.close();
});
