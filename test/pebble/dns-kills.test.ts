/** Killed before, during and behind every call while records are written: an order that ends well, and no record left behind. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createDns01Solver } from "#certificates/solvers/dns-01/dns-01.ts";
import { createDnsTransport } from "#runtime/network/real-dns-transport.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { startCloudflare } from "#test/fakes/cloudflare/fake-cloudflare.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { issuerOf, openStage } from "./acme-stage.ts";
import { KilledLife } from "./killed-life.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** Every so manieth moment is tried; SEKISHO_ACME_KILLS=1 tries all. */
const every = Number(process.env["SEKISHO_ACME_KILLS"] ?? 12);

/** Orders a name and its wildcard, is killed at that moment, begins anew; resolves to how many moments there were. */
async function live(killAt: number): Promise<number> {
  await using pebble = await startPebble();
  const records = recordsFor(pebble);
  const key = { email: "unused", key: "unused" };
  await using api = await startCloudflare({ zones: ["example.com"], token: "token", key, records });
  await using stage = await openStage(({ clock, random, door }) => [
    createDns01Solver({
      ...{ clock, random, outbound: door, transport: createDnsTransport() },
      variables: { CLOUDFLARE_BASE_URL: api.base },
      resolvers: [`${pebble.dns.host}:${pebble.dns.port}`],
      ambient: { metadata: door, readFile: () => Promise.resolve(undefined) },
    }),
  ]);
  await stage.store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cloudflare", namespace: "cert-manager" },
    body: { stringData: { token: "token" } },
  });
  const apiTokenSecretRef = { name: "cloudflare", key: "token" };
  const solvers = [{ dns01: { cloudflare: { apiTokenSecretRef } } }];
  await stage.issue({ ...issuerOf(pebble), solvers });
  const life = new KilledLife(killAt);
  const ended = stage.order("web-1", ["example.com", "*.example.com"]);
  await stage.start(life);
  await Promise.race([life.died, ended]);
  if (Number.isFinite(killAt)) await stage.start();
  const { state, reason = "" } = await ended;
  assert.equal(state, "valid", `killed at ${killAt}: ${reason}`);
  const isClean = async (): Promise<boolean> => records.all().length === 0;
  await until(isClean, { what: "clean records", longestMs: 20_000, everyMs: 20 });
  return life.passed;
}

describe("killed while it writes records", { skip }, () => {
  test("whenever it is killed, what begins anew ends well and cleans up", async () => {
    const moments = await live(Number.POSITIVE_INFINITY);
    assert.ok(moments > 80, `${moments}`);
    for (let killAt = 1; killAt <= moments; killAt += every) await live(killAt);
  });
});
