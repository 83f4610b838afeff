/** Manifests with Policies through the real program: who may pass, also when the control plane was killed. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { shaHash } from "#test/fakes/password-hash.ts";
import { type RunningSekisho, startSekisho } from "../harness/sekisho.ts";
import { serveDirectory } from "../harness/served-directory.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const password = "open sesame";

function policies(secret: string): string {
  return `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: shop }
spec:
  host: shop.test
  upstreams: []
  routes:
    - path: /open
      action: { return: { body: open } }
    - path: /staff
      policies: [{ name: staff }]
      action: { return: { body: staff } }
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: staff }
spec:
  basicAuth: { realm: Staff, secret: ${secret} }
---
apiVersion: v1
kind: Secret
metadata: { name: passwords }
type: nginx.org/htpasswd
stringData:
  htpasswd: "alice:${shaHash(password)}"
`;
}

async function ask(running: RunningSekisho, path: string, credentials?: string): Promise<number> {
  const lines = credentials === undefined ? [] : [`Authorization: Basic ${btoa(credentials)}`];
  const text = http1Text(path, ["Host: shop.test", ...lines]);
  return (await sendText({ port: running.httpPort }, text)).status;
}

async function untilIs(status: number, asked: () => Promise<number>): Promise<void> {
  while ((await asked()) !== status) await setImmediate();
}

const alice = `alice:${password}`;

test("a Policy protects its route from the first request on, and without a control plane", async (t) => {
  using directory = serveDirectory({ "shop.yaml": policies("passwords") });
  const up = ["up", directory.path, "--workloads", "none"];
  const running = { now: await startSekisho(up) };
  t.after(() => running.now.stop());
  assert.equal(await ask(running.now, "/open"), 200);
  assert.equal(await ask(running.now, "/staff"), 401);
  assert.equal(await ask(running.now, "/staff", "alice:wrong"), 401);
  assert.equal(await ask(running.now, "/staff", alice), 200);

  await running.now.kill();
  assert.equal(await ask(running.now, "/staff"), 401);
  assert.equal(await ask(running.now, "/staff", alice), 200);
  const roster = (): string =>
    readFileSync(join(running.now.data, "envoy/authorization.json"), "utf8");
  const before = roster();
  running.now = await startSekisho(up, running.now);
  assert.equal(roster(), before);
  assert.equal(await ask(running.now, "/staff", alice), 200);

  directory.write("shop.yaml", policies("nowhere"));
  await untilIs(500, () => ask(running.now, "/staff", alice));
  directory.write("shop.yaml", policies("passwords"));
  await untilIs(200, () => ask(running.now, "/staff", alice));
  assert.equal(await ask(running.now, "/staff"), 401);

  for (const log of ["envoy/authorization.log", "envoy/access.log", "envoy/envoy.log"]) {
    const path = join(running.now.data, log);
    if (!existsSync(path)) continue;
    const said = readFileSync(path, "utf8");
    for (const secret of [password, btoa(alice), shaHash(password)])
      assert.ok(!said.includes(secret), `${log} says no secret`);
  }
  assert.ok(!JSON.stringify(running.now.events).includes(shaHash(password)));
});
