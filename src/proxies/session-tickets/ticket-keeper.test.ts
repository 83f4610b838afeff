import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import type { TicketKeys } from "#envoy/secret-source.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createCollectedLog } from "#test/fakes/runtime/collected-log.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createUnsteadyStore } from "#test/fakes/unsteady-store.ts";
import { readSecret, secretKey } from "../stored-secret.ts";
import { keepSessionTickets, type SessionTickets, ticketSecretName } from "./ticket-keeper.ts";

const namespace = "sekisho-system";

async function keep(
  context: TestContext,
  { clock, store, log = silentLog }: { clock: ManualClock; store: ObjectStore; log?: Log },
): Promise<SessionTickets> {
  const tickets = await keepSessionTickets({ store, clock, log }, { namespace });
  context.after(() => tickets[Symbol.dispose]());
  return tickets;
}

/** Moves time, and waits until every replica rests again. */
async function pass(clock: ManualClock, hours: number, replicas = 1): Promise<void> {
  for (let minutes = 0; minutes < hours * 60; minutes += 10) {
    await clock.advance({ minutes: 10 });
    while (clock.timerCount() < replicas) await turnOfLoop();
  }
}

/** The keys for a group, as text. */
function keysOf(keys: TicketKeys): readonly string[] {
  return keys("default/cafe").map((key) => Buffer.from(key.reveal()).toString("hex"));
}

test("replicas that begin at once have the same keys, and so after each of many rotations", async (context) => {
  const clock = createManualClock();
  const store = await temporaryStore(context);
  const all = await Promise.all([0, 1, 2].map(() => keep(context, { clock, store })));
  const seen = new Set<string>();
  for (let day = 0; day < 4; day++) {
    // All have looked: ten minutes later at the latest.
    await pass(clock, 24, all.length);
    await pass(clock, 1 / 6, all.length);
    const [first, ...others] = all.map(({ current }) => keysOf(current()));
    for (const other of others) assert.deepEqual(other, first);
    seen.add(first?.[0] ?? "");
  }
  assert.equal(seen.size, 4);
});

test("the keys outlive a restart, and are in one Secret", async (context) => {
  const clock = createManualClock();
  const store = await temporaryStore(context);
  const before = keysOf((await keep(context, { clock, store })).current());
  assert.deepEqual(keysOf((await keep(context, { clock, store })).current()), before);
  const stored = await readSecret(store, secretKey(namespace, ticketSecretName));
  assert.match(String(stored?.value("seeds")), /^2026-01-01T00:00:00Z \S{44}\n$/);
});

test("who subscribed hears of a new order, and of nothing else", async (context) => {
  const clock = createManualClock();
  const tickets = await keep(context, { clock, store: await temporaryStore(context) });
  const [first] = keysOf(tickets.current());
  const heard: (readonly string[])[] = [];
  tickets.subscribe((keys) => heard.push(keysOf(keys)));
  await pass(clock, 11);
  assert.equal(heard.length, 0);
  await pass(clock, 2);
  const [added, moved] = heard;
  assert.equal(heard.length, 2);
  assert.equal(added?.[0], first);
  assert.equal(moved?.[1], first);
  assert.deepEqual(keysOf(tickets.current()), moved);
});

test("a Secret that somebody deleted is made anew, and what its seeds sealed is forgotten", async (context) => {
  const clock = createManualClock();
  const store = await temporaryStore(context);
  const tickets = await keep(context, { clock, store });
  const before = keysOf(tickets.current());
  await store.remove(secretKey(namespace, ticketSecretName));
  await pass(clock, 1);
  const after = keysOf(tickets.current());
  assert.equal(after.length, 1);
  assert.notDeepEqual(after, before);
});

test("where the store does not answer there are keys all the same, and the failure is told without them", async (context) => {
  const clock = createManualClock();
  const store = createUnsteadyStore(await temporaryStore(context));
  const log = createCollectedLog();
  store.setDown(true);
  const tickets = await keep(context, { clock, store, log });
  const own = keysOf(tickets.current());
  assert.equal(own.length, 1);
  await pass(clock, 24 * 4);
  assert.notEqual(keysOf(tickets.current())[0], own[0]);
  store.setDown(false);
  await pass(clock, 1);
  const other = await keep(context, { clock, store });
  assert.deepEqual(keysOf(tickets.current()), keysOf(other.current()));
  assert.equal(log.lines[0]?.fields.error, "the store is down");
  for (const key of own) assert.ok(!JSON.stringify(log.lines).includes(key));
});
