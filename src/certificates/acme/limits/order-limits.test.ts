import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { NewOrder } from "../client/orders.ts";
import { knownLimits } from "./known-limits.ts";
import { OrderLimits, type Permission } from "./order-limits.ts";

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
const source = { directory: letsEncrypt, account: "https://acme-v02.api.letsencrypt.org/acct/1" };

function orderFor(...names: readonly string[]): NewOrder {
  return { identifiers: names.map((value) => ({ type: "dns", value })) };
}

interface Stage {
  readonly clock: ManualClock;
  /** As after a restart. */
  readonly begin: () => OrderLimits;
}

async function open(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const deps = { store, clock, clusterResourceNamespace: "cert-manager" };
  return { clock, begin: () => new OrderLimits(deps, knownLimits) };
}

function waitOf(permission: Permission): string {
  return permission.kind === "granted" ? "" : permission.message;
}

test("the sixth order for the very same names waits, also after a restart", async (context) => {
  const { clock, begin } = await open(context);
  for (let count = 0; count < 5; count++)
    assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
  const message =
    "the server allows 5 certificates with the very same names, of which 0 are left: ordered at 2026-01-02T10:00:00Z";
  assert.equal(waitOf(await begin().take(source, orderFor("A.example.com"))), message);
  await clock.advance({ hours: 34 });
  assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
  assert.match(waitOf(await begin().take(source, orderFor("a.example.com"))), /0 are left/);
});

test("names of one registered domain are counted together, whoever orders them", async (context) => {
  const { begin } = await open(context);
  const limits = begin();
  for (let count = 0; count < 50; count++) {
    const account = `${source.account}${count % 2}`;
    await limits.take({ ...source, account }, orderFor(`${count}.example.com`));
  }
  assert.match(
    waitOf(await limits.take(source, orderFor("x.example.com"))),
    /names of example\.com/,
  );
  assert.equal(waitOf(await limits.take(source, orderFor("x.example.org"))), "");
});

test("a successor that its server asked for counts nowhere", async (context) => {
  const { begin } = await open(context);
  const limits = begin();
  for (let count = 0; count < 6; count++) {
    const order = { ...orderFor("a.example.com"), replaces: "a.b" };
    assert.equal(waitOf(await limits.take(source, order)), "");
  }
});

test("a server that wants to be left alone is, by all orders of the account and by no others", async (context) => {
  const { clock, begin } = await open(context);
  await begin().block(source, Temporal.Duration.from({ minutes: 10 }));
  assert.match(waitOf(await begin().take(source, orderFor("a.example.com"))), /left alone/);
  const other = { ...source, account: `${source.account}2` };
  assert.equal(waitOf(await begin().take(other, orderFor("a.example.com"))), "");
  await clock.advance({ minutes: 10 });
  assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
});

test("an order without a certificate counts as an order of its account, and not among certificates", async (context) => {
  const { begin } = await open(context);
  for (let count = 0; count < 300; count++) {
    assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
    await begin().giveBack(source, orderFor("a.example.com"));
  }
  assert.match(waitOf(await begin().take(source, orderFor("b.example.com"))), /300 orders of an/);
});

test("no bucket stays empty longer than it takes to fill, however far the clock was set back", async (context) => {
  const { clock, begin } = await open(context);
  for (let count = 0; count < 5; count++) await begin().take(source, orderFor("a.example.com"));
  clock.jump({ hours: -24 * 400 });
  assert.match(waitOf(await begin().take(source, orderFor("a.example.com"))), /0 are left/);
  await clock.advance({ hours: 34 });
  assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
});

test("a server is left alone for a week at most, and not at all where a clock that was set back says longer", async (context) => {
  const { clock, begin } = await open(context);
  await begin().block(source, Temporal.Duration.from({ hours: 24 * 365 }));
  await clock.advance({ hours: 24 * 7 });
  assert.equal(waitOf(await begin().take(source, orderFor("a.example.com"))), "");
  await begin().block(source, Temporal.Duration.from({ hours: 24 * 6 }));
  assert.match(waitOf(await begin().take(source, orderFor("a.example.com"))), /left alone/);
  clock.jump({ hours: -24 * 2 });
  assert.doesNotMatch(waitOf(await begin().take(source, orderFor("a.example.com"))), /left alone/);
});

test("a forecast says how many orders are allowed now, and when the last one is", async (context) => {
  const { begin } = await open(context);
  const limits = begin();
  for (let count = 0; count < 38; count++)
    await limits.take(source, orderFor(`${count}.example.com`));
  const wanted = Array.from({ length: 63 }, (_, index) => orderFor(`new-${index}.example.com`));
  const { needed, allowedNow, lastAt } = await limits.forecast(source, wanted);
  assert.deepEqual([needed, allowedNow], [63, 12]);
  const start = Temporal.Instant.from("2026-01-01T00:00:00Z");
  assert.equal(lastAt?.since(start).total("minutes"), 51 * 202);
  assert.equal(waitOf(await limits.take(source, orderFor("b.example.com"))), "");
});

test("of a server whose limits nobody knows nothing is counted", async (context) => {
  const { begin } = await open(context);
  const own = { ...source, directory: "https://ca.example/directory" };
  for (let count = 0; count < 400; count++)
    assert.equal(waitOf(await begin().take(own, orderFor("a.example.com"))), "");
});
