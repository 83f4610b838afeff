import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import {
  createMachine,
  kinds,
  type Machine,
  pass,
  type Supervised,
  supervise,
  turn,
} from "#test/fakes/cardboard-envoy.ts";

async function stage(t: TestContext): Promise<Supervised & { readonly machine: Machine }> {
  const machine = await createMachine(t);
  return { machine, ...supervise(machine) };
}

test("an Envoy that dies is started again after the back-off, with the reason told", async (t) => {
  const { machine, envoy, events, next } = await stage(t);
  const { clock, end } = machine;
  const { output } = machine.paths;
  envoy.start();
  for (const seconds of [1, 2]) {
    await next("ready");
    await appendFile(output, "cannot bind '0.0.0.0:80': Permission denied\n");
    end({ code: 1 });
    const exited = await next("exited");
    assert.equal(exited.kind === "exited" && exited.why.reason, "PortDenied");
    const restarting = await next("restarting");
    assert.equal(restarting.kind === "restarting" && restarting.delay.total("seconds"), seconds);
    assert.equal(envoy.identity(), undefined);
    await pass(clock, seconds * 1000);
  }
  await next("ready");
  const run = ["started", "ready", "exited", "restarting"];
  assert.deepEqual(kinds(events), [...run, ...run, "started", "ready"]);
  await envoy.stop();
});

test("an earlier Envoy's words are not taken for a later one's", async (t) => {
  const { machine, envoy, next } = await stage(t);
  const { clock, end } = machine;
  const { output } = machine.paths;
  envoy.start();
  await next("ready");
  await appendFile(output, "Too many open files\n");
  end({ code: 1 });
  const first = await next("exited");
  await next("restarting");
  await pass(clock, 1000);
  await next("ready");
  end({ signal: "SIGKILL" });
  const second = await next("exited");
  const reasons = [first, second].map((event) => event.kind === "exited" && event.why.reason);
  assert.deepEqual(reasons, ["TooManyOpenFiles", "Killed"]);
  await envoy.stop();
});

test("what can only end the same way is not started again", async (t) => {
  const { machine, envoy, events, next } = await stage(t);
  const { end } = machine;
  const { output } = machine.paths;
  envoy.start();
  await next("ready");
  await appendFile(
    output,
    "envoy: libc.so.6: version `GLIBC_2.31' not found (required by envoy)\n",
  );
  end({ code: 1 });
  const gaveUp = await next("gave-up");
  assert.match(gaveUp.kind === "gave-up" ? gaveUp.why.message : "", /lacks GLIBC_2\.31/);
  await envoy.stop();
  assert.deepEqual(kinds(events).slice(-2), ["gave-up", "stopped"]);
});

test("stopping waits for the requests under way, then ends Envoy", async (t) => {
  const { machine, envoy, events, next } = await stage(t);
  const { clock, signals, asked } = machine;
  envoy.start();
  await next("ready");
  machine.requests = 2;
  const stopped = envoy.stop();
  while (asked.length < 3) await turn();
  await pass(clock, 500);
  assert.deepEqual(signals, []);
  machine.requests = 0;
  await pass(clock, 100);
  await stopped;
  const drain = ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit", "/drain_listeners"];
  assert.deepEqual(asked, drain);
  assert.deepEqual(signals, ["SIGTERM 101"]);
  assert.deepEqual(kinds(events).slice(-3), ["draining", "drained", "stopped"]);
  const drained = await next("drained");
  assert.deepEqual(drained.kind === "drained" && drained.left, { connections: 0, requests: 0 });
});

test("requests that do not end hold the stop up no longer than asked, less when in a hurry", async (t) => {
  for (const hurried of [false, true]) {
    const { machine, envoy, next } = await stage(t);
    const { clock, asked } = machine;
    envoy.start();
    await next("ready");
    machine.requests = 1;
    const hurry = new AbortController();
    const stopped = envoy.stop(hurry.signal);
    while (asked.length < 3) await turn();
    if (hurried) hurry.abort();
    else await pass(clock, 10_000);
    await stopped;
    const drained = await next("drained");
    assert.equal(drained.kind === "drained" && drained.left?.requests, 1);
    assert.equal(drained.kind === "drained" && drained.tookMs >= 10_000, !hurried);
  }
});

test("an Envoy that does not end at SIGTERM is killed", async (t) => {
  const { machine, envoy, next } = await stage(t);
  const { clock, signals } = machine;
  envoy.start();
  await next("ready");
  machine.deaf = true;
  const stopped = envoy.stop();
  while (signals.length < 1) await turn();
  await pass(clock, 5000);
  await stopped;
  assert.deepEqual(signals, ["SIGTERM 101", "SIGKILL 101"]);
});

test("stopping while waiting for a restart ends at once", async (t) => {
  const { machine, envoy, events, next } = await stage(t);
  const { end } = machine;
  envoy.start();
  await next("ready");
  end({ signal: "SIGSEGV" });
  await next("restarting");
  await envoy.stop();
  assert.equal(events.at(-1)?.kind, "stopped");
});

test("an Envoy that never answers can be stopped", async (t) => {
  const made = await stage(t);
  made.machine.answers = false;
  made.envoy.start();
  await made.next("started");
  await made.envoy.stop();
  assert.deepEqual(kinds(made.events), ["started", "draining", "drained", "stopped"]);
});
