/**
 * Killed before, during and behind every call to the outside and every write: one account; one finalized order, and at most one that was
 * abandoned before that.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type AcmeStage, issuerOf, openStage } from "./acme-stage.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { KilledLife } from "./killed-life.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** Every so manieth moment is tried; SEKISHO_ACME_KILLS=1 tries all. */
const every = Number(process.env["SEKISHO_ACME_KILLS"] ?? 8);

interface Ended {
  readonly state: string | undefined;
  readonly reason: string;
  readonly passed: number;
  readonly stage: AcmeStage;
  readonly proxy: FaultProxy;
}

/** Orders for two names, is killed at that moment, begins anew; `judge` looks at what became of it. */
async function live(killAt: number, judge: (ended: Ended) => Promise<void>): Promise<void> {
  await using stage = await openStage();
  await using pebble = await startPebble({ httpPort: stage.answers.port });
  await using proxy = await startFaultProxy(pebble);
  await stage.issue(issuerOf(proxy));
  const life = new KilledLife(killAt);
  const ended = stage.order("web-1", ["a.example.com", "b.example.com"]);
  await stage.start(life);
  await Promise.race([life.died, ended]);
  if (Number.isFinite(killAt)) await stage.start();
  const { state, reason = "" } = await ended;
  await judge({ state, reason, passed: life.passed, stage, proxy });
}

async function judge({ state, reason, stage, proxy }: Ended): Promise<void> {
  assert.equal(state, "valid", reason);
  assert.equal(proxy.finalized.size, 1);
  const orders = proxy.calls.get("order") ?? 0;
  assert.ok(orders <= 2, `${orders} orders`);
  const isClean = async (): Promise<boolean> =>
    (await stage.store.list(challengeKind.id)).items.length === 0;
  await until(isClean, { what: "the end of Challenges", longestMs: 10_000, everyMs: 20 });
}

describe("killed while it orders", { skip }, () => {
  test("whenever it is killed, what begins anew ends well", async () => {
    let moments = 0;
    await live(Number.POSITIVE_INFINITY, async (ended) => {
      await judge(ended);
      moments = ended.passed;
    });
    assert.ok(moments > 50, `${moments}`);
    for (let killAt = 1; killAt <= moments; killAt += every) await live(killAt, judge);
  });
});

/** Has an account registered, and then given another key; `kill` dies during one of these. */
async function register(kill: {
  readonly what: "account" | "key";
  readonly at: number;
}): Promise<number> {
  await using stage = await openStage();
  await using pebble = await startPebble();
  await using proxy = await startFaultProxy(pebble);
  const life = new KilledLife(kill.at);
  const rolled = { "sekisho.dev/roll-account-key": "now" };
  for (const [what, annotations] of [
    ["account", {}],
    ["key", rolled],
  ] as const) {
    const issue = (mine?: KilledLife): Promise<string> =>
      stage.issue(issuerOf(proxy), annotations, mine);
    if (what === kill.what) await Promise.race([issue(life), life.died]);
    assert.equal(await issue(), "ACMEAccountRegistered", `killed at ${kill.at} of ${what}`);
  }
  assert.equal(proxy.accounts.size, 1);
  return life.passed;
}

describe("killed while it registers", { skip }, () => {
  for (const what of ["account", "key"] as const) {
    test(`whenever it is killed, the ${what} is the only one, and can be used`, async () => {
      const moments = await register({ what, at: Number.POSITIVE_INFINITY });
      assert.ok(moments > 10, `${moments}`);
      for (let at = 1; at <= moments; at += every) await register({ what, at });
    });
  }
});
