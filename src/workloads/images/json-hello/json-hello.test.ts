import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, runStandIn } from "#test/fakes/running-stand-in.ts";
import { jsonHello } from "./index.ts";

test("every request is answered with the message as JSON, in chunks", async () => {
  await using server = await runStandIn(jsonHello, { MESSAGE: 'dummy "restapi" 1' });
  const answer = await ask(`${server.url}/foo/`, { method: "POST", body: "x" });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(answer.headers.get("content-length"), null);
  assert.equal(answer.text, '{"message":"dummy \\"restapi\\" 1"}');
});

test("without a message it greets the world", async () => {
  await using server = await runStandIn(jsonHello);
  assert.equal((await ask(server.url)).text, '{"message":"hello world!"}');
});
