/** One replica at a time holds the lease, and another takes over when it falls silent. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { StoreError } from "#store/object-store.ts";
import { temporaryStore, written } from "#test/fakes/embedded-store.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { type Leadership, type LeadershipDeps, seekLeadership } from "./leadership.ts";

interface Stage {
  readonly clock: ManualClock;
  readonly join: (identity: string, store?: LeadershipDeps["store"]) => Leadership;
  /** Lets a second and what is written in it pass, so often. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly store: LeadershipDeps["store"];
  readonly told: string[];
}

async function startStage(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const random = createSeededRandom(1);
  const told: string[] = [];
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance({ seconds: 1 });
      for (let call = 0; call < 5; call += 1) await written(store);
    }
  };
  const join: Stage["join"] = (identity, through = store) => {
    const settings = {
      namespace: "sekisho-system",
      name: "sekisho",
      identity,
      changed: (isLeader: boolean) => told.push(`${identity} ${isLeader ? "leads" : "follows"}`),
    };
    const leadership = seekLeadership({ clock, random, log: silentLog, store: through }, settings);
    context.after(async () => {
      const stopped = leadership.stop();
      await clock.advance({ seconds: 3 });
      await stopped;
    });
    return leadership;
  };
  return { clock, join, pass, store, told };
}

test("of two replicas one leads, and goes on to", async (context) => {
  const { join, pass } = await startStage(context);
  const first = join("a");
  await pass(1);
  const second = join("b");
  await pass(60);
  assert.deepEqual([first.isLeader(), second.isLeader()], [true, false]);
});

test("who gives the lease up is followed at the next look", async (context) => {
  const { join, pass, told } = await startStage(context);
  const first = join("a");
  await pass(1);
  join("b");
  await pass(5);
  await first.stop();
  await pass(4);
  assert.deepEqual(told, ["a leads", "a follows", "b leads"]);
});

test("who cannot reach the store leads no longer after ten seconds, and another does after fifteen", async (context) => {
  const { join, pass, store, told } = await startStage(context);
  let isCut = false;
  const through: LeadershipDeps["store"] = {
    ...store,
    get: async (key) => {
      if (isCut) throw new StoreError("unavailable", "the network is down");
      return await store.get(key);
    },
  };
  const first = join("a", through);
  await pass(1);
  const second = join("b");
  await pass(5);
  isCut = true;
  await pass(11);
  assert.deepEqual([first.isLeader(), second.isLeader()], [false, false]);
  await pass(10);
  assert.deepEqual([first.isLeader(), second.isLeader()], [false, true]);
  assert.deepEqual(told, ["a leads", "a follows", "b leads"]);
});

test("a holder that says it may be silent for longer is given that time", async (context) => {
  const { join, pass, store } = await startStage(context);
  // As cert-manager's controller has it.
  const other = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "sekisho", namespace: "sekisho-system" },
    body: { spec: { holderIdentity: "cert-manager-0", leaseDurationSeconds: 60 } },
  };
  await store.create(other);
  const ours = join("a");
  await pass(55);
  assert.equal(ours.isLeader(), false);
  await pass(10);
  assert.equal(ours.isLeader(), true);
});
