import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, runStandIn } from "#test/fakes/running-stand-in.ts";
import { echo } from "./index.ts";

test("the request is shown as JSON with the pod that got it and whom it serves", async () => {
  const place = { POD_NAME: "p1", SERVICE_NAME: "tea", NAMESPACE: "shop" };
  await using server = await runStandIn(echo, place);
  const { text } = await ask(`${server.url}/a?b=c`, {
    method: "POST",
    body: "12345",
    headers: { "x-some-header": "v" },
  });
  const shown = JSON.parse(text) as Record<string, unknown>;
  assert.equal(shown["path"], "/a?b=c");
  assert.equal(shown["method"], "POST");
  assert.equal(shown["proto"], "HTTP/1.1");
  assert.equal(`http://${String(shown["host"])}`, server.url);
  assert.equal(shown["bodyBytes"], 5);
  assert.equal(shown["pod"], "p1");
  assert.equal(shown["service"], "tea");
  assert.equal(shown["namespace"], "shop");
  assert.equal(shown["tls"], null);
  assert.deepEqual((shown["headers"] as Record<string, unknown>)["X-Some-Header"], ["v"]);
});

test("http-echo's flags give a fixed text, status and port", async () => {
  await using server = await runStandIn(echo, {}, [
    "-text=hello from a",
    "-listen=127.0.0.1:0",
    "--status-code",
    "203",
  ]);
  const answer = await ask(server.url);
  assert.equal(answer.status, 203);
  assert.equal(answer.text, "hello from a\n");
});
