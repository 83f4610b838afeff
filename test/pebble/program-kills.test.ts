/** The whole program killed with signal 9 around its requests to the ACME server, and started again: one account, one finalized order. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createRemoteStore } from "#api/remote-store.ts";
import type { JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { freshPlace } from "#test/system/harness/program.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { serveDirectory } from "#test/system/harness/served-directory.ts";
import { issuerOf } from "./acme-stage.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** Every so manieth moment is tried; SEKISHO_ACME_KILLS=1 tries all. */
const every = Number(process.env["SEKISHO_ACME_KILLS"] ?? 18);

function manifests(acme: JsonObject): string {
  const apiVersion = "cert-manager.io/v1";
  const host = "shop.example.com";
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "List" },
    items: [
      { apiVersion, kind: "Issuer", metadata: { name: "acme" }, spec: { acme } },
      {
        ...{ apiVersion, kind: "Certificate", metadata: { name: "shop" } },
        spec: {
          ...{ secretName: "shop", dnsNames: [host], issuerRef: { name: "acme" } },
          privateKey: { algorithm: "ECDSA" },
        },
      },
      {
        ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "shop" } },
        spec: { tls: [{ hosts: [host], secretName: "shop" }], rules: [{ host }] },
      },
    ],
  });
}

/** Serves a Certificate, is killed at that moment, begins anew; resolves to how many moments there were. */
async function live(killAt: number): Promise<number> {
  await using undo = new AsyncDisposableStack();
  const place = await freshPlace();
  const pebble = undo.use(await startPebble({ httpPort: place.httpPort }));
  const killed = Promise.withResolvers<void>();
  let passed = 0;
  const proxy = undo.use(
    await startFaultProxy(pebble, undefined, async () => {
      passed += 1;
      if (passed !== killAt) return;
      await running.now.kill();
      killed.resolve();
    }),
  );
  const directory = undo.use(serveDirectory({}));
  const settings = join(place.data, "settings.yaml");
  writeFileSync(settings, "outboundAddresses: [127.0.0.0/8, '::1']\n");
  const up = ["up", directory.path, "--config", settings];
  const running = { now: await startSekisho(up, place) };
  undo.defer(async () => void (await running.now.stop()));
  directory.write("all.json", manifests(issuerOf(proxy)));
  const store = createRemoteStore(createLocalSocket(), join(place.data, "api.sock"));
  const key = { kind: certificateKind.id, namespace: "default", name: "shop" };
  const isReady = async (): Promise<boolean> =>
    isConditionTrue((await store.get(key))?.status, "Ready");
  const ready = (): Promise<unknown> =>
    until(isReady, { what: `the certificate (${killAt})`, longestMs: 60_000, everyMs: 50 });
  await Promise.race([killed.promise, ready()]);
  if (killAt <= passed) {
    await killed.promise;
    running.now = await startSekisho(up, place);
    await ready();
  }
  const orders = proxy.calls.get("order") ?? 0;
  assert.ok(orders <= 2, `${orders} orders, killed at ${killAt}`);
  assert.deepEqual([proxy.accounts.size, proxy.finalized.size], [1, 1], `killed at ${killAt}`);
  return passed;
}

describe("the program, killed while it orders", { skip }, () => {
  test("whenever it is killed, what is started again ends well", async (t) => {
    const moments = await live(Number.POSITIVE_INFINITY);
    assert.ok(moments > 20, `${moments}`);
    t.diagnostic(`${moments} moments`);
    for (let killAt = Math.ceil(every / 2); killAt <= moments; killAt += every) await live(killAt);
  });
});
