import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type AcmeStage, issuerOf, openStage } from "./acme-stage.ts";
import { type Fault, type Step, startFaultProxy } from "./fault-proxy.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** Steps at which an Order waits for the end of a fault, with what it says meanwhile. */
const passing: readonly (readonly [Step, Fault, RegExp])[] = [
  ["order", "too many requests", /429 rateLimited: not now/],
  ["order", "unavailable", /503/],
  ["order", "unheard", /localhost/],
  ["authorization", "unavailable", /503/],
  ["finalize", "too many requests", /429 rateLimited: not now/],
  ["finalize", "unavailable", /503/],
  ["finalize", "unanswered", /localhost/],
  ["look", "unavailable", /503/],
  ["certificate", "unavailable", /503/],
  ["certificate", "truncated", /no complete PEM/],
  ["certificate", "wrong chain", /was not issued by the next/],
];

/** Faults that no waiting mends. */
const final: readonly (readonly [Step, Fault, RegExp])[] = [
  ["certificate", "another key", /a certificate for another key/],
  ["certificate", "expired", /a certificate that has expired/],
];

/** What the Order, once there is one, says. */
async function reasonNow({ store }: AcmeStage): Promise<string> {
  const [order] = (await store.list(orderKind.id)).items;
  return order === undefined ? "" : (readOrderStatus(order).reason ?? "");
}

describe("an ACME server that misbehaves", { skip, concurrency: 4 }, () => {
  for (const [step, fault, says] of passing) {
    test(`${step}, ${fault}: the Order says so, waits, and ends well when that is over`, async () => {
      await using stage = await openStage();
      await using pebble = await startPebble({ httpPort: stage.answers.port });
      await using proxy = await startFaultProxy(pebble);
      await stage.issue(issuerOf(proxy));
      await stage.start();
      proxy.breakAt(step, fault);
      const ended = stage.order("web-1", ["a.example.com"]);
      const isSaid = async (): Promise<boolean> => says.test(await reasonNow(stage));
      await until(isSaid, { what: `${says}`, longestMs: 15_000, everyMs: 20 });
      proxy.breakAt(undefined);
      const { state, reason = "" } = await ended;
      assert.equal(state, "valid", reason);
      assert.equal(proxy.finalized.size, 1);
      if (step !== "order") assert.equal(proxy.calls.get("order"), 1);
    });
  }

  for (const [step, fault, says] of final) {
    test(`${step}, ${fault}: the Order fails, and says so`, async () => {
      await using stage = await openStage();
      await using pebble = await startPebble({ httpPort: stage.answers.port });
      await using proxy = await startFaultProxy(pebble);
      await stage.issue(issuerOf(proxy));
      await stage.start();
      proxy.breakAt(step, fault);
      const { state, reason = "" } = await stage.order("web-1", ["a.example.com"]);
      assert.equal(state, "errored");
      assert.match(reason, says);
    });
  }

  test("an order that is processed for long is looked at in peace, and ends well when it is done", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble({ httpPort: stage.answers.port });
    await using proxy = await startFaultProxy(pebble);
    await stage.issue(issuerOf(proxy));
    await stage.start();
    proxy.breakAt("look", "processing");
    const ended = stage.order("web-1", ["a.example.com"]);
    const isLooked = async (): Promise<boolean> => (proxy.calls.get("look") ?? 0) >= 3;
    await until(isLooked, { what: "some looks", longestMs: 15_000, everyMs: 20 });
    proxy.breakAt(undefined);
    assert.equal((await ended).state, "valid");
  });

  test("an issuer says what its server says, and is ready when that is over", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble();
    await using proxy = await startFaultProxy(pebble);
    proxy.breakAt("account", "too many requests");
    const said = await stage.issue(issuerOf(proxy));
    assert.match(said, /^ErrRegisterACMEAccount: Failed to register ACME account: 429 rateLimited/);
    proxy.breakAt(undefined);
    assert.equal(await stage.issue(issuerOf(proxy)), "ACMEAccountRegistered");
  });
});
