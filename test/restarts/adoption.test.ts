/** What outlives a killed control plane, through the real program and a real Envoy under load. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { createSocketHttp } from "#runtime/http/real-socket-http.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import { createFiles } from "#runtime/real-files.ts";
import { sumOfMetric } from "#test/system/harness/gate-metrics.ts";
import { startLoad } from "#test/system/harness/open-loop.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { serveDirectory } from "#test/system/harness/served-directory.ts";
import { dataMarkVariable } from "#workloads/data-layout.ts";

const cafe = ["up", "examples/cafe"];
const oneSecond = Temporal.Duration.from({ seconds: 1 });
/** Not every request is told of: there are many. */
const quiet = "accessLog: { format: none }\n";

/** Ends whatever is left of a run when the test is over. */
function endAfter(t: TestContext, running: { now: RunningSekisho }): void {
  t.after(() => running.now.stop());
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

/** The tea again, for every host below one. */
const wildcard = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: everywhere }
spec:
  rules:
    - host: "*.everywhere.test"
      http:
        paths:
          - path: /tea
            pathType: Prefix
            backend: { service: { name: tea, port: { name: http } } }
`;

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
  assert.ok((await sumOfMetric(running.now.data, "sekisho_xds_bytes_total")) > 0);
  const before = [await envoys(running.now), await pods(running.now)];
  const load = startLoad(tea(running.now), 300);
  t.after(() => load.stop());
  for (let kills = 0; kills < 2; kills += 1) {
    await running.now.kill();
    running.now = await startSekisho(cafe, running.now);
  }
  onlyServed(await load.stop());
  assert.deepEqual([await envoys(running.now), await pods(running.now)], before);
  assert.equal(await sumOfMetric(running.now.data, "sekisho_xds_streams"), 1);
  assert.equal(await sumOfMetric(running.now.data, "sekisho_xds_resources_total"), 0);
  assert.equal(await sumOfMetric(running.now.data, "sekisho_xds_bytes_total"), 0);
});

test("other settings hot restart Envoy without a failed request, again and again", async (t) => {
  const served = serveDirectory({ "wildcard.yaml": wildcard });
  t.after(() => served[Symbol.dispose]());
  const up = [...cafe, served.path];
  const running = { now: await startSekisho(up) };
  endAfter(t, running);
  const before = new Set((await envoys(running.now)).map(({ pid }) => pid));
  const loads = ["cafe.example.com", "some.everywhere.test"].map((host) =>
    startLoad({ ...tea(running.now), host }, 300),
  );
  t.after(() => Promise.all(loads.map((load) => load.stop())));
  // Not fewer workers: those reset what waits for them, see docs/restarts.md.
  for (const routeStatistics of [true, false]) {
    await running.now.kill();
    const settings = path.join(running.now.data, "sekisho.yaml");
    const differs = `routeStatistics: ${routeStatistics}\n`;
    await writeFile(settings, `${quiet}hotRestartSeconds: 2\n${differs}`);
    running.now = await startSekisho([...up, "--config", settings], running.now);
    await running.now.next(({ message }) => /the old Envoy has ended/.test(`${message}`));
    const [after, ...others] = await envoys(running.now);
    assert.deepEqual(others, []);
    assert.equal(after?.state, "serving");
    assert.ok(after !== undefined && !before.has(after.pid));
    before.add(after.pid);
    // Asked for statistics, an Envoy whose parent was ended by others would hang.
    const socket = path.join(running.now.data, "envoy/admin.sock");
    const stats = { socket, method: "GET", path: "/stats/prometheus", timeout: oneSecond } as const;
    for (let asked = 0; asked < 2; asked += 1) {
      assert.equal((await createSocketHttp().request(stats)).status, 200);
    }
  }
  for (const load of loads) onlyServed(await load.stop());
});
