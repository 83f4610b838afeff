import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, runStandIn } from "#test/fakes/running-stand-in.ts";
import { nginxHello } from "./index.ts";

test("five lines say who answered, when, what was asked for, and a new request id each time", async () => {
  await using server = await runStandIn(nginxHello, { HOSTNAME: "coffee-7d-x2x4z" });
  const first = await ask(`${server.url}/tea?milk=1`);
  assert.equal(first.status, 200);
  assert.match(first.headers.get("content-type") ?? "", /^text\/plain/);
  const [address, name, date, uri, id, ...rest] = first.text.split("\n");
  assert.equal(`http://${address?.replace("Server address: ", "")}`, server.url);
  assert.equal(name, "Server name: coffee-7d-x2x4z");
  assert.match(date ?? "", /^Date: \d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.equal(uri, "URI: /tea?milk=1");
  assert.match(id ?? "", /^Request ID: [0-9a-f]{32}$/);
  assert.deepEqual(rest, [""]);
  assert.notEqual((await ask(`${server.url}/tea`)).text.split("\n")[4], id);
});
