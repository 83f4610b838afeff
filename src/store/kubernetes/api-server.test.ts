import assert from "node:assert/strict";
import { test } from "node:test";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createClock } from "#runtime/real-clock.ts";
import { type Answer, failure, json, startFaultyApiServer } from "#test/fakes/faulty-api-server.ts";
import { startFaultyCluster } from "#test/fakes/faulty-cluster.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { StoreError, type StoreErrorCode } from "../object-store.ts";
import { ApiServer } from "./api-server.ts";

const services = { method: "GET", path: "/api/v1/services" } as const;

test("a server that is busy is left alone for as long as it asks, and then asked again", async () => {
  await using server = await startFaultyApiServer();
  const clock = createManualClock();
  const nobody = { current: async () => ({}), refused: () => undefined };
  const access = {
    server: { url: server.url },
    credentials: nobody,
    namespace: "default",
    from: "a test",
  };
  const api = new ApiServer({ clock, http: createHttpClients() }, { access });
  const headers = { "retry-after": "7" };
  const busy: Answer = {
    kind: "json",
    status: 429,
    body: failure(429, "TooManyRequests"),
    headers,
  };
  server.answer(busy, json({ items: [] }));
  const called = api.call(services);
  let seconds = 0;
  for (; server.requests.length < 2; seconds += 0.1) {
    if (server.requests.length === 1) await clock.advance({ milliseconds: 100 });
    await turn();
  }
  assert.deepEqual(await called, { items: [] });
  assert.ok(seconds >= 7, `asked again after ${seconds} s`);
  api.close();
});

test("a credential that the server refuses is replaced once", async () => {
  const tokens = ["old", "new", "never"];
  const credentials = {
    current: async () => ({ authorization: `Bearer ${tokens[0]}` }),
    refused: () => void tokens.shift(),
  };
  await using cluster = await startFaultyCluster(credentials);
  const refused = json(failure(401, "Unauthorized"), 401);
  cluster.server.answer(refused, json({ items: [] }), refused, refused);
  await cluster.api.call(services);
  assert.deepEqual(cluster.server.shown, ["Bearer old", "Bearer new"]);
  tokens.unshift("older");
  await rejectsWith("denied", () => cluster.api.call(services));
  assert.equal(cluster.server.requests.length, 4);
});

test("a read on a connection that the server closed meanwhile is sent again, a write is not", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer({ kind: "cut" }, json({ items: [] }), { kind: "cut" });
  assert.deepEqual(await cluster.api.call(services), { items: [] });
  await rejectsWith("unavailable", () =>
    cluster.api.call({ method: "POST", path: "/api/v1/namespaces/a/services", body: {} }),
  );
  assert.equal(cluster.server.requests.length, 3);
});

test("an answer that does not come in time is waited for no longer", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer({ kind: "stream", lines: [], end: "silence" });
  const failed = rejectsWith("unavailable", () => cluster.api.call(services));
  await cluster.clock.run({ seconds: 30 });
  await failed;
});

test("behind a connection that is dead no idle one is trusted either", async () => {
  await using cluster = await startFaultyCluster();
  const answered = json({ items: [] });
  // Two at once, so that one connection is idle while the other is found dead.
  cluster.server.answer(answered, answered);
  await Promise.all([cluster.api.call(services), cluster.api.call(services)]);
  cluster.server.answer({ kind: "stream", lines: [], end: "silence" }, answered);
  const failed = rejectsWith("unavailable", () => cluster.api.call(services));
  while (cluster.server.requests.length < 3) await turn();
  await cluster.clock.run({ seconds: 30 });
  await failed;
  await cluster.api.call(services);
  const [first, second, third, fourth] = cluster.server.ports;
  assert.notEqual(first, second);
  assert.ok(third === first || third === second, "a kept connection was used");
  assert.ok(fourth !== first && fourth !== second, "a new connection was made");
});

const refusals: Readonly<Record<string, readonly [number, string, StoreErrorCode]>> = {
  "a name that is taken": [409, "AlreadyExists", "exists"],
  "another version": [409, "Conflict", "conflict"],
  "what is not there": [404, "NotFound", "not-found"],
  "what may not be done": [403, "Forbidden", "denied"],
  "what is not valid": [422, "Invalid", "invalid"],
  "a version of long ago": [410, "Expired", "expired"],
  "a server without its store": [500, "InternalError", "unavailable"],
};

for (const [what, [status, reason, code]] of Object.entries(refusals)) {
  test(`${what} is answered with the code ${code}`, async () => {
    await using cluster = await startFaultyCluster();
    cluster.server.answer(json(failure(status, reason, `the ${reason} message`), status));
    const message = await rejectsWith(code, () => cluster.api.call(services));
    assert.equal(message, `GET /api/v1/services: the ${reason} message`);
  });
}

test("the plain words of a proxy before the server are what the error says", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer({ kind: "json", status: 502, body: "upstream connect error" });
  const message = await rejectsWith("unavailable", () => cluster.api.call(services));
  assert.match(message, /upstream connect error$/);
});

/** Lets what came over the network be taken. */
function turn(): Promise<void> {
  return createClock().sleep(new Temporal.Duration());
}

async function rejectsWith(code: StoreErrorCode, act: () => Promise<unknown>): Promise<string> {
  const error: unknown = await act().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof StoreError, `${error}`);
  assert.equal(error.code, code);
  return error.message;
}
