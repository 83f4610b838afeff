import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Echo, startEcho } from "#test/system/harness/host-world.ts";
import { http1Text, sendText, type WireAnswer } from "#test/system/harness/wire-client.ts";
import { HttpProbe } from "../../measure/http-probe.ts";
import { until } from "../../measure/waiting.ts";
import { World } from "../../world/world.ts";
import { sameBehaviourByHand } from "./same-behaviour.ts";

test("what is compared with ours for its behaviour answers 421 to other hosts, and its backends learn what ours do", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(directory, { recursive: true }));
  await using echo = await startEcho();
  const shape = { hosts: 2, routesPerHost: 1, services: 30, certificates: 2 };
  const world = new World(shape, { a: echo.port, b: echo.port });
  await using envoy = await sameBehaviourByHand("").start(world, directory);
  const names = [world.hostName(0), world.hostName(1)] as const;
  using secure = new HttpProbe(envoy.https, names[0]);
  const isOwn = async (): Promise<boolean> => (await secure.ask(names[0])).status === 200;
  await until(isOwn, { what: "Envoy", longestMs: 60_000, everyMs: 20 });
  assert.equal((await secure.ask(names[1])).status, 421);

  const lines = [
    `Host: ${names[1]}:80`,
    "x-envoy-max-retries: 9",
    "x-ssl-client-verify: 1",
    "a_b: c",
  ];
  const answer: WireAnswer = await sendText({ port: envoy.http }, http1Text("/", lines));
  const { headers } = JSON.parse(answer.body) as Echo;
  assert.equal(headers["x-forwarded-host"], `${names[1]}:80`);
  assert.deepEqual(
    Object.keys(headers).filter((name) => /^x-envoy-|ssl-client-|_/.test(name)),
    [],
  );
});
