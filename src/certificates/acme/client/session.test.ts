import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { createAcmeServer, type FakeAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createAccount, findAccount } from "./account.ts";
import { AcmeError } from "./acme-error.ts";
import { createOutboundTransport } from "./outbound-transport.ts";
import { AcmeSession } from "./session.ts";

const { signal } = new AbortController();
const key = generateSigningKey();

function connect(): {
  readonly server: FakeAcmeServer;
  readonly session: AcmeSession;
  readonly clock: ManualClock;
} {
  const clock = createManualClock();
  const server = createAcmeServer(clock);
  const transport = createOutboundTransport(server.door, {});
  return {
    server,
    clock,
    session: new AcmeSession({ clock, transport, userAgent: "test" }, server.directory),
  };
}

async function failureOf(asked: Promise<unknown>): Promise<AcmeError> {
  try {
    await asked;
  } catch (error) {
    assert.ok(error instanceof AcmeError);
    return error;
  }
  throw new Error("it did not fail");
}

test("a nonce that is refused is replaced by that of the answer, and nothing else is asked for", async () => {
  const { server, session } = connect();
  await createAccount(session, key, { email: "" }, signal);
  server.refuseNonces = 3;
  const before = server.heard.length;
  assert.ok(await findAccount(session, key, signal));
  assert.deepEqual(
    server.heard.slice(before),
    Array.from({ length: 4 }, () => "POST /new-account"),
  );
});

test("a server that refuses every nonce is one that does not work", async () => {
  const { server, session } = connect();
  server.refuseNonces = 1000;
  const error = await failureOf(findAccount(session, key, signal));
  assert.deepEqual([error.code, error.retryable], ["unreachable", true]);
});

const failures = {
  "too many requests": [
    { status: 429, headers: { "retry-after": "120" }, body: "" },
    ["rate-limited", true, 120],
  ],
  "too many requests until a moment": [
    { status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:05:00 GMT" }, body: "" },
    ["unreachable", true, 300],
  ],
  "a page of a server that is down": [
    { status: 502, headers: {}, body: "<html>down</html>" },
    ["unreachable", true, undefined],
  ],
  "a request that it does not like": [
    {
      status: 400,
      headers: {},
      body: { type: "urn:ietf:params:acme:error:malformed", detail: "no" },
    },
    ["refused", false, undefined],
  ],
  "what is no JSON": [
    { status: 200, headers: { location: "x" }, body: "yes" },
    ["unreadable", false, undefined],
  ],
} as const;

for (const [what, [answer, expected]] of Object.entries(failures)) {
  test(`${what}: it is said whether to try again, and when`, async () => {
    const { server, session } = connect();
    server.instead = (path) => (path === "/new-account" ? answer : undefined);
    const { code, retryable, retryAfter } = await failureOf(
      createAccount(session, key, { email: "" }, signal),
    );
    assert.deepEqual([code, retryable, retryAfter?.total("seconds")], expected);
  });
}

test("what a server says is cut down to one bounded line", async () => {
  const { server, session } = connect();
  const detail = `first\nsecond\u0000${"x".repeat(5000)}`;
  const subproblems = [{ identifier: { type: "dns", value: "a.test" }, detail: "not ours" }];
  const body = { type: "urn:ietf:params:acme:error:compound", detail, subproblems };
  server.instead = (path) =>
    path === "/new-account" ? { status: 403, headers: {}, body } : undefined;
  const { message } = await failureOf(createAccount(session, key, { email: "" }, signal));
  assert.match(message, /^403 compound: first second x+…$/);
  assert.ok(message.length < 450);
});

test("how far our clock is ahead of the server's is told, and anew once it was set right", async () => {
  const { server, session } = connect();
  server.lead = Temporal.Duration.from({ minutes: -7 });
  assert.equal((await session.clockLead(signal))?.total("minutes"), -7);
  server.lead = Temporal.Duration.from({ seconds: 2 });
  assert.equal((await session.clockLead(signal))?.total("seconds"), 2);
});

test("a clock that was set since the server was last heard counts at once, and time that passed does not", async () => {
  const { server, session, clock } = connect();
  await session.clockLead(signal);
  await clock.advance({ seconds: 20 });
  assert.equal((await session.clockLead(signal))?.total("seconds"), 0);
  const heard = server.heard.length;
  clock.jump({ hours: -3 });
  server.lead = Temporal.Duration.from({ hours: -3 });
  assert.equal((await session.clockLead(signal))?.total("hours"), -3);
  assert.ok(server.heard.length > heard, "the server is asked again before anybody is told");
});

test("the directory is asked for once an hour", async () => {
  const { server, session, clock } = connect();
  const asked = (): number => server.heard.filter((one) => one === "GET /directory").length;
  await session.directory(signal);
  await session.directory(signal);
  assert.equal(asked(), 1);
  await clock.advance({ hours: 1 });
  await session.directory(signal);
  assert.equal(asked(), 2);
});
