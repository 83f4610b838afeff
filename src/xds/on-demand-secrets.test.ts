/** Secrets found by the name of a handshake: resolved when asked for, refreshed while asked for, then forgotten. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { resource, startXds } from "#test/fakes/xds-harness.ts";

test("a name is resolved when a proxy asks for it, and an unknown one is answered as removed", async (t) => {
  const asked: string[] = [];
  const harness = await startXds(t, {
    resolveSecret: (name) => {
      asked.push(name);
      return name.endsWith(".example.com") ? resource("secret", name, `key of ${name}`) : undefined;
    },
  });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["tea.example.com"] });
  assert.deepEqual((await client.accept()).texts, { "tea.example.com": "key of tea.example.com" });
  client.ask("secret", { subscribe: ["nobody.test"] });
  assert.deepEqual((await client.accept()).removed, ["nobody.test"]);
  assert.deepEqual(asked, ["tea.example.com", "nobody.test"]);
  assert.equal(harness.xds.isAcknowledged("secret", "never.asked", "1"), true);
});

test("several proxies that ask for one name share one resolution", async (t) => {
  let resolved = 0;
  const harness = await startXds(t, {
    resolveSecret: (name) => {
      resolved += 1;
      return resource("secret", name, "key");
    },
  });
  harness.xds.open();
  for (const node of ["a", "b", "c"]) {
    const client = harness.client(node);
    client.ask("secret", { subscribe: ["x.test"] });
    await client.accept();
  }
  assert.equal(resolved, 1);
});

test("a refresh sends what changed behind the names asked for now", async (t) => {
  let key = "old";
  const harness = await startXds(t, {
    resolveSecret: (name) => (key === "" ? undefined : resource("secret", name, key)),
  });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["a.test", "b.test"] });
  await client.drain();
  assert.deepEqual(harness.xds.askedSecrets(), ["a.test", "b.test"]);
  harness.xds.refreshSecrets();
  assert.deepEqual(await client.drain(), []);
  key = "new";
  harness.xds.refreshSecrets(["a.test", "not.asked"]);
  assert.deepEqual((await client.accept()).texts, { "a.test": "new" });
  key = "";
  harness.xds.refreshSecrets();
  assert.deepEqual((await client.accept()).removed, ["a.test", "b.test"]);
});

test("a name is forgotten when nobody asks for it, by giving it up or by going away", async (t) => {
  const harness = await startXds(t, {
    resolveSecret: (name) => resource("secret", name, "key"),
  });
  harness.xds.open();
  const gone = Promise.withResolvers<void>();
  harness.xds.subscribe({ disconnected: () => gone.resolve() });
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["a.test", "b.test"] });
  await client.drain();
  client.ask("secret", { unsubscribe: ["a.test"] });
  await client.drain();
  assert.deepEqual(harness.xds.askedSecrets(), ["b.test"]);
  await client[Symbol.asyncDispose]();
  await gone.promise;
  assert.deepEqual(harness.xds.askedSecrets(), []);
});

test("a published secret goes before one found on demand", async (t) => {
  const harness = await startXds(t, {
    resolveSecret: (name) => resource("secret", name, "found"),
  });
  harness.xds.publish({ set: [resource("secret", "s", "published")], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["s"] });
  assert.deepEqual((await client.accept()).texts, { s: "published" });
  harness.xds.publish({ set: [], removed: [{ type: "secret", name: "s" }] });
  assert.deepEqual((await client.accept()).texts, { s: "found" });
});

test("a handshake for the server name * does not get every secret", async (t) => {
  const harness = await startXds(t);
  harness.xds.publish({ set: [resource("secret", "s", "1")], removed: [] });
  harness.xds.open();
  const client = harness.client("a");
  client.ask("secret", { subscribe: ["*"] });
  const answer = await client.accept();
  assert.deepEqual(answer.versions, {});
  assert.deepEqual(answer.removed, ["*"]);
});

test("whoever knows the secrets is told which names are asked for, once for all proxies", async (t) => {
  const told: string[] = [];
  const gone = Promise.withResolvers<void>();
  const harness = await startXds(t, {
    secretsInUse: {
      added: (name) => told.push(`+ ${name}`),
      removed: (name) => {
        told.push(`- ${name}`);
        gone.resolve();
      },
    },
  });
  harness.xds.open();
  const clients = ["a", "b"].map((node) => harness.client(node));
  for (const client of clients) {
    client.ask("secret", { subscribe: ["x.test"] });
    await client.accept();
  }
  for (const client of clients) await client[Symbol.asyncDispose]();
  await gone.promise;
  assert.deepEqual(told, ["+ x.test", "- x.test"]);
});
