/** What outlives a killed control plane, through the real program and a real Envoy under load. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { processesWith } from "#runtime/process-table.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createLocalSocket } from "#runtime/real-local-socket.ts";
import { dataMarkVariable } from "#workloads/data-layout.ts";
import { startLoad } from "./open-loop.ts";
import { type RunningSekisho, startSekisho } from "./sekisho.ts";

const cafe = ["up", "examples/cafe"];
/** Not every request is told of: there are many. */
const quiet = "accessLog: { format: none }\n";

/** Ends whatever is left of a run when the test is over. */
function endAfter(t: TestContext, running: { now: RunningSekisho }): void {
  t.after(() => running.now.stop());
}

/** The sum of a metric over its labels. */
async function metric(running: RunningSekisho, name: string): Promise<number> {
  const socket = path.join(running.data, "api.sock");
  const text = String(await createLocalSocket().call(socket, "gate.metrics", null));
  const lines = text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\d+)`, "gm"));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

interface Envoys {
  readonly envoys: readonly { readonly pid: number; readonly state: string }[];
}

async function envoys(running: RunningSekisho): Promise<Envoys["envoys"]> {
  const text = await readFile(path.join(running.data, "envoy/running.json"), "utf8");
  return (JSON.parse(text) as Envoys).envoys;
}

const tea = (running: RunningSekisho): { port: number; host: string; path: string } => ({
  port: running.httpPort,
  host: "cafe.example.com",
  path: "/tea",
});

function onlyServed(answers: Readonly<Record<string, number>>): void {
  assert.deepEqual(Object.keys(answers), ["200"], JSON.stringify(answers));
}

/** Process numbers of everything that runs in pods. */
async function pods(running: RunningSekisho): Promise<readonly number[]> {
  const found = await processesWith(createFiles(), dataMarkVariable(running.data));
  return found.map(({ pid }) => pid);
}

test("Envoy and pods outlive kill -9 of the control plane, and the next one resends nothing", async (t) => {
  const running = { now: await startSekisho(cafe) };
  endAfter(t, running);
  assert.ok((await metric(running.now, "sekisho_xds_bytes_total")) > 0);
  const before = [await envoys(running.now), await pods(running.now)];
  const load = startLoad(tea(running.now), 300);
  t.after(() => load.stop());
  for (let kills = 0; kills < 2; kills += 1) {
    await running.now.kill();
    running.now = await startSekisho(cafe, running.now);
  }
  onlyServed(await load.stop());
  assert.deepEqual([await envoys(running.now), await pods(running.now)], before);
  assert.equal(await metric(running.now, "sekisho_xds_streams"), 1);
  assert.equal(await metric(running.now, "sekisho_xds_resources_total"), 0);
  assert.equal(await metric(running.now, "sekisho_xds_bytes_total"), 0);
});

test("other settings hot restart Envoy without a failed request", async (t) => {
  const running = { now: await startSekisho(cafe) };
  endAfter(t, running);
  const [before] = await envoys(running.now);
  const load = startLoad(tea(running.now), 300);
  t.after(() => load.stop());
  await running.now.kill();
  const settings = path.join(running.now.data, "sekisho.yaml");
  await writeFile(settings, `${quiet}concurrency: 3\n`);
  running.now = await startSekisho([...cafe, "--config", settings], running.now);
  await running.now.next(({ message }) => /the old Envoy has ended/.test(`${message}`));
  onlyServed(await load.stop());
  const [after, ...others] = await envoys(running.now);
  assert.deepEqual(others, []);
  assert.equal(after?.state, "serving");
  assert.notEqual(after?.pid, before?.pid);
});
