/** TLS sessions of clients, through the real program: they outlive the control plane and its Envoy. */

import assert from "node:assert/strict";
import test from "node:test";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { serveDirectory } from "#test/system/harness/served-directory.ts";
import { meet } from "#test/system/harness/tls-session.ts";
import { http1Text } from "#test/system/harness/wire-client.ts";

const ingress = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "shop" },
  spec: { tls: [{ hosts: ["shop.test"], secretName: "shop" }], rules: [{ host: "shop.test" }] },
};

test("a session goes on after another control plane has begun with another Envoy", async (t) => {
  using directory = serveDirectory({
    "ingress.json": JSON.stringify(ingress),
    "secret.json": JSON.stringify(tlsSecret("shop", selfSigned(["shop.test"]))),
  });
  const first = await startSekisho(["up", directory.path]);
  t.after(() => first.stop());
  const tls = { serverName: "shop.test" };
  const request = http1Text("/", ["Host: shop.test"]);
  const met = await meet({ port: first.httpsPort, tls }, request);
  assert.match(met.answer, /^HTTP\/1.1 404/);
  assert.equal((await runCommand(["down", "--data", first.data])).code, 0);
  const second = await startSekisho(["up", directory.path], first);
  t.after(() => second.stop());
  const shown = { ...tls, session: met.session };
  const again = await meet({ port: second.httpsPort, tls: shown }, request);
  assert.equal(again.isReused, true);
  assert.match(again.answer, /^HTTP\/1.1 404/);
});
