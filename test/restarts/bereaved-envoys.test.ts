/** What becomes of a hot restart when one of its Envoys dies by itself, with real Envoys. */

import assert from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createSocketHttp } from "#runtime/http/real-socket-http.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { startLoad } from "#test/system/harness/open-loop.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";

const cafe = ["up", "examples/cafe"];
/** Long enough that nobody ends anything by himself while a test runs. */
const long = 600;
const patience = Temporal.Duration.from({ seconds: 15 });
const processes = createProcesses();

interface Entry {
  readonly pid: number;
  readonly startTicks: string;
  readonly state: string;
}

async function envoys(running: RunningSekisho): Promise<readonly Entry[]> {
  const text = await readFile(path.join(running.data, "envoy/running.json"), "utf8");
  return (JSON.parse(text) as { readonly envoys: readonly Entry[] }).envoys;
}

/** The old and the new one, once the new one serves: that is written down, and told to nobody. */
async function takenOver(running: RunningSekisho): Promise<readonly [Entry, Entry]> {
  for (;;) {
    const [old, heir] = await envoys(running);
    if (old?.state === "retiring" && heir?.state === "serving") return [old, heir];
    await setImmediate();
  }
}

/** Kills the control plane and starts one with other settings: Envoy is hot restarted. */
async function restart(
  running: { now: RunningSekisho },
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await running.now.kill();
  const file = path.join(running.now.data, "sekisho.yaml");
  await writeFile(file, JSON.stringify({ accessLog: { format: "none" }, ...settings }));
  running.now = await startSekisho([...cafe, "--config", file], running.now);
}

async function begin(t: TestContext): Promise<{ now: RunningSekisho }> {
  const running = { now: await startSekisho(cafe) };
  t.after(() => running.now.stop());
  return running;
}

function load(t: TestContext, { httpPort: port }: RunningSekisho): ReturnType<typeof startLoad> {
  const started = startLoad({ port, host: "cafe.example.com", path: "/tea" }, 100);
  t.after(() => started.stop());
  return started;
}

async function statistics({ data }: RunningSekisho): Promise<string> {
  const socket = path.join(data, "envoy/admin.sock");
  const asked = {
    socket,
    method: "GET",
    path: "/stats?filter=server.live",
    timeout: patience,
  } as const;
  return (await createSocketHttp().request(asked)).body;
}

test("an Envoy whose predecessor died goes on, is asked for statistics, and hands over in its turn", async (t) => {
  const running = await begin(t);
  await restart(running, { hotRestartSeconds: long, routeStatistics: true });
  const [old, heir] = await takenOver(running.now);
  const requests = load(t, running.now);
  await processes.signal(old, "SIGKILL", "process");
  await running.now.next(({ message }) => /the old Envoy died/.test(`${message}`));
  const [standIn] = await envoys(running.now);
  assert.equal(standIn?.state, "standing-in");
  for (let asked = 0; asked < 2; asked += 1) {
    assert.equal(await statistics(running.now), "server.live: 1\n");
  }
  await restart(running, { hotRestartSeconds: 1 });
  await running.now.next(({ message }) => /the old Envoy has ended/.test(`${message}`));
  const [last, ...others] = await envoys(running.now);
  assert.deepEqual(others, []);
  assert.notEqual(last?.pid, heir.pid);
  for (const one of [standIn, heir]) assert.equal(await processes.alive(one), false);
  assert.equal(await statistics(running.now), "server.live: 1\n");
  assert.deepEqual(Object.keys(await requests.stop()), ["200"]);
});

test("a predecessor that died while no control plane ran is stood in for by the next one", async (t) => {
  const running = await begin(t);
  await restart(running, { hotRestartSeconds: long, routeStatistics: true });
  const [old, heir] = await takenOver(running.now);
  await running.now.kill();
  await processes.signal(old, "SIGKILL", "process");
  const settings = path.join(running.now.data, "sekisho.yaml");
  running.now = await startSekisho([...cafe, "--config", settings], running.now);
  await running.now.next(({ message }) => /the old Envoy died/.test(`${message}`));
  assert.equal(await statistics(running.now), "server.live: 1\n");
  assert.deepEqual(
    (await envoys(running.now)).map(({ pid, state }) => [pid === heir.pid, state]),
    [
      [false, "standing-in"],
      [true, "serving"],
    ],
  );
});

test("an Envoy that died while it started does not keep later ones from taking over", async (t) => {
  const running = await begin(t);
  const requests = load(t, running.now);
  const id = (await readFile(path.join(running.now.data, "envoy/base-id"), "utf8")).trim();
  const memory = `/dev/shm/envoy_shared_memory_${id}0`;
  await access(memory);
  // What it leaves behind: see shared-memory.ts. To be killed at that moment is a matter of luck.
  await createFiles().writeAt(memory, 96, new Uint8Array([1]));
  await restart(running, { hotRestartSeconds: 1, routeStatistics: true });
  await running.now.next(({ message }) => /the old Envoy has ended/.test(`${message}`));
  assert.deepEqual(
    running.now.events.filter(({ message }) => /old settings/.test(`${message}`)),
    [],
  );
  assert.deepEqual(Object.keys(await requests.stop()), ["200"]);
});
