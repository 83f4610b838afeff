import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import {
  createMachine,
  kinds,
  type Machine,
  pass,
  passUntil,
  type Supervised,
  supervise,
  superviseAndKill,
  turn,
} from "#test/fakes/cardboard-envoy.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";

/** An Envoy whose control plane was killed; the base id is what Envoy itself writes. */
async function orphaned(t: TestContext): Promise<Machine> {
  const machine = await createMachine(t);
  await superviseAndKill(machine);
  await writeFile(machine.paths.baseId, "77");
  return machine;
}

/** A control plane is killed when the new Envoy runs and does not serve yet. */
async function killedBeforeTakeOver(
  machine: Machine,
  settings: Parameters<typeof supervise>[1],
): Promise<void> {
  machine.answers = false;
  await superviseAndKill(machine, settings, "started");
  machine.answers = true;
}

async function stop({ envoy }: Supervised, machine: Machine): Promise<void> {
  await passUntil(machine.clock, envoy.stop());
}

test("an Envoy that outlived its control plane is taken over as it is, and drained in the end", async (t) => {
  const machine = await orphaned(t);
  const next = supervise(machine);
  next.envoy.start();
  const { identity } = await next.next("adopted");
  assert.equal(identity.pid, 101);
  await next.next("ready");
  assert.deepEqual(machine.signals, []);
  assert.equal(machine.commands.length, 1);
  await stop(next, machine);
  assert.deepEqual(machine.signals, ["SIGTERM 101"]);
  assert.deepEqual(kinds(next.events), ["adopted", "ready", "draining", "drained", "stopped"]);
});

test("an adopted Envoy that dies is noticed and started again", async (t) => {
  const machine = await orphaned(t);
  const next = supervise(machine);
  next.envoy.start();
  await next.next("ready");
  machine.end({ signal: "SIGKILL" });
  const { why } = await passUntil(machine.clock, next.next("exited"));
  assert.equal(why.reason, "Killed");
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 102);
  await stop(next, machine);
});

const dead: Readonly<Record<string, (machine: Machine) => void>> = {
  "a dead Envoy, a zombie too, is not adopted": (machine) => machine.alive.delete(101),
  "a process that got the number of an Envoy that is gone is let be": (machine) =>
    machine.alive.set(101, { startTicks: "2", end: () => undefined }),
};
for (const [sentence, change] of Object.entries(dead)) {
  test(sentence, async (t) => {
    const machine = await orphaned(t);
    change(machine);
    const next = supervise(machine);
    next.envoy.start();
    const { identity } = await next.next("started");
    assert.equal(identity.pid, 102);
    assert.deepEqual(machine.signals, []);
    await next.next("ready");
    await stop(next, machine);
    assert.deepEqual(machine.signals, ["SIGTERM 102"]);
  });
}

test("a damaged record, and one of before the machine was started, count as none", async (t) => {
  for (const damage of [
    (): string => "{",
    (): string => '{"bootId": 1}',
    (text: string): string => text.replace(/"bootId":"[^"]*"/, '"bootId":"another"'),
  ]) {
    const machine = await orphaned(t);
    const written = await readFile(machine.paths.roster, "utf8");
    await writeFile(machine.paths.roster, damage(written));
    const next = supervise(machine);
    next.envoy.start();
    await next.next("started");
    await next.next("ready");
    assert.equal(machine.commands.length, 2);
    await stop(next, machine);
  }
});

test("an Envoy of another user is ended and one of our own started", async (t) => {
  const machine = await orphaned(t);
  const written = await readFile(machine.paths.roster, "utf8");
  await writeFile(machine.paths.roster, written.replace(/"userId":\d+/, '"userId":4711'));
  const next = supervise(machine);
  next.envoy.start();
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 102);
  assert.deepEqual(machine.signals, ["SIGTERM 101"]);
  await next.next("ready");
  await stop(next, machine);
});

test("an Envoy that was being drained when we were killed is not adopted", async (t) => {
  const machine = await orphaned(t);
  const killed = supervise({ ...machine, clock: createManualClock() });
  machine.requests = 1;
  killed.envoy.start();
  await killed.next("ready");
  void killed.envoy.stop();
  while (machine.asked.length < 3) await turn();
  const next = supervise(machine);
  next.envoy.start();
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 102);
  assert.equal((await passUntil(machine.clock, next.next("retired"))).identity.pid, 101);
  machine.requests = 0;
  await stop(next, machine);
});

test("as process 1 nothing is adopted", async (t) => {
  const machine = await orphaned(t);
  const next = supervise(machine, { outlivesUs: false });
  next.envoy.start();
  const { identity } = await next.next("started");
  assert.equal(identity.pid, 102);
  assert.deepEqual(
    machine.commands.map(({ orphan }) => orphan),
    [true, false],
  );
  await stop(next, machine);
});

test("other settings hand over to a new Envoy, which ends the old one in its time", async (t) => {
  const machine = await orphaned(t);
  machine.parentConnections = 1;
  const retirement = Temporal.Duration.from({ seconds: 20 });
  const next = supervise(machine, { concurrency: 2, retirement });
  next.envoy.start();
  await next.next("hot-restarting");
  const { identity } = await next.next("started");
  await next.next("ready");
  assert.deepEqual(next.envoy.identity(), identity);
  const { args = [] } = machine.commands[1] ?? {};
  assert.deepEqual(args.slice(-4), ["--base-id", "77", "--restart-epoch", "1"]);
  assert.deepEqual(args.slice(-6, -4), ["--parent-shutdown-time-s", "20"]);
  await pass(machine.clock, 19_000);
  assert.equal(machine.alive.size, 2);
  const retired = await passUntil(machine.clock, next.next("retired"));
  assert.equal(retired.identity.pid, 101);
  // Envoy does not survive that somebody else ends its parent.
  assert.deepEqual(machine.signals, []);
  await stop(next, machine);
});

test("a further hot restart waits until nothing is open on the Envoy that retires", async (t) => {
  const machine = await orphaned(t);
  await superviseAndKill(machine, { concurrency: 2 });
  machine.parentConnections = 1;
  const next = supervise(machine, { concurrency: 3 });
  next.envoy.start();
  assert.equal((await next.next("adopted")).identity.pid, 102);
  await pass(machine.clock, 5000);
  assert.equal(machine.commands.length, 2);
  machine.parentConnections = 0;
  assert.equal((await passUntil(machine.clock, next.next("started"))).identity.pid, 103);
  await passUntil(machine.clock, next.next("ready"));
  assert.equal((await passUntil(machine.clock, next.next("retired"))).identity.pid, 101);
  assert.deepEqual(machine.signals, []);
  await stop(next, machine);
  assert.deepEqual([...machine.alive.keys()], []);
});

test("what outlives the Envoy that took over from it has its time, too", async (t) => {
  const machine = await orphaned(t);
  const retirement = Temporal.Duration.from({ minutes: 10 });
  await superviseAndKill(machine, { concurrency: 2, retirement: retirement.add({ hours: 1 }) });
  const next = supervise(machine, { concurrency: 2, retirement });
  next.envoy.start();
  await next.next("ready");
  await pass(machine.clock, 900_000);
  assert.deepEqual(machine.signals, []);
  machine.end({ signal: "SIGABRT" });
  await passUntil(machine.clock, next.next("exited"));
  assert.deepEqual(machine.signals, []);
  assert.equal((await passUntil(machine.clock, next.next("retired"))).identity.pid, 101);
  assert.deepEqual(machine.signals, ["SIGTERM 101"]);
  await stop(next, machine);
});

test("a new Envoy whose predecessor dies before it serves is ended, and one started afresh", async (t) => {
  const machine = await orphaned(t);
  machine.answers = false;
  const next = supervise(machine, { concurrency: 2 });
  next.envoy.start();
  await next.next("started");
  machine.alive.delete(101);
  await passUntil(machine.clock, next.next("exited"));
  assert.deepEqual(machine.signals, ["SIGTERM 102"]);
  machine.answers = true;
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 103);
  assert.ok(!machine.commands[2]?.args.includes("--restart-epoch"));
  await stop(next, machine);
});

test("a control plane killed while one Envoy retires takes over both", async (t) => {
  const machine = await orphaned(t);
  machine.parentConnections = 1;
  await superviseAndKill(machine, { concurrency: 2 });
  const next = supervise(machine, { concurrency: 2 });
  next.envoy.start();
  const { identity } = await next.next("adopted");
  assert.equal(identity.pid, 102);
  machine.parentConnections = 0;
  assert.equal((await passUntil(machine.clock, next.next("retired"))).identity.pid, 101);
  await stop(next, machine);
});

test("when the new Envoy dies on its way the old one goes on, and why is said", async (t) => {
  const machine = await orphaned(t);
  machine.answers = false;
  const next = supervise(machine, { concurrency: 2 });
  next.envoy.start();
  await next.next("started");
  machine.end({ code: 1 });
  const { why } = await passUntil(machine.clock, next.next("hot-restart-failed"));
  assert.match(why.message, /Envoy ended/);
  await next.next("ready");
  assert.equal(next.envoy.identity()?.pid, 101);
  assert.deepEqual(machine.signals, []);
  await stop(next, machine);
  assert.deepEqual(machine.signals, ["SIGTERM 101"]);
});

test("a bootstrap that Envoy refuses is not tried on the Envoy that serves", async (t) => {
  const machine = await orphaned(t);
  machine.refusal = "error initializing configuration 'x': nothing good";
  const next = supervise(machine, { bootstrap: new Uint8Array([1]) });
  next.envoy.start();
  await next.next("hot-restart-failed");
  assert.equal(machine.commands.length, 1);
  await stop(next, machine);
});

test("Envoys that speak different hot restart protocols are drained and started anew", async (t) => {
  const machine = await orphaned(t);
  machine.hotRestartVersion = (program) => (program === "/envoy" ? "11.104" : "12.104");
  machine.requests = 1;
  const next = supervise(machine, { version: "1.41.0" });
  next.envoy.start();
  const { why } = await next.next("replacing");
  assert.match(why, /hot restart version 12\.104, the new one 11\.104/);
  await pass(machine.clock, 2000);
  assert.deepEqual(machine.signals, []);
  machine.requests = 0;
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 102);
  assert.deepEqual(machine.signals, ["SIGTERM 101"]);
  await stop(next, machine);
});

test("a control plane killed while one Envoy takes over from another lets that come to its end", async (t) => {
  for (const [concurrency, wanted] of [
    [2, ["adopted", "hot-restarting", "ready"]],
    // What took over is not what is wanted now: it hands over in its turn.
    [3, ["adopted", "hot-restarting", "adopted", "hot-restarting", "started", "ready"]],
  ] as const) {
    const machine = await orphaned(t);
    await killedBeforeTakeOver(machine, { concurrency: 2 });
    const next = supervise(machine, { concurrency });
    next.envoy.start();
    await passUntil(machine.clock, next.next("ready"));
    const seen = kinds(next.events);
    assert.deepEqual(
      seen.filter((kind) => kind !== "retired"),
      wanted,
    );
    assert.equal(next.envoy.identity()?.pid, concurrency + 100);
    await stop(next, machine);
    assert.deepEqual([...machine.alive.keys()], []);
  }
});

test("an Envoy that waits for one that is gone is ended, and one started afresh", async (t) => {
  const machine = await orphaned(t);
  await killedBeforeTakeOver(machine, { concurrency: 2 });
  machine.alive.delete(101);
  machine.answers = false;
  const next = supervise(machine, { concurrency: 2 });
  next.envoy.start();
  const { identity } = await passUntil(machine.clock, next.next("started"));
  assert.equal(identity.pid, 103);
  assert.deepEqual(machine.signals, ["SIGTERM 102"]);
  machine.answers = true;
  await stop(next, machine);
});

test("an Envoy that started to take over serves alone when the other has died meanwhile", async (t) => {
  const machine = await orphaned(t);
  await killedBeforeTakeOver(machine, { concurrency: 2 });
  machine.alive.delete(101);
  const next = supervise(machine, { concurrency: 2 });
  next.envoy.start();
  await next.next("ready");
  assert.deepEqual(kinds(next.events), ["adopted", "ready"]);
  assert.equal(next.envoy.identity()?.pid, 102);
  await stop(next, machine);
});
