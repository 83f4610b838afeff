/**
 * Nothing grows: while everything changes for half an hour, memory of the control plane and of Envoy stays where it was,
 * the number of live nodes is the same at the same state of the world, and no request gets a wrong answer. What comes late
 * by no more than the programs waited for a processor is counted apart: see processor-waits.ts.
 *
 * SEKISHO_SOAK_MINUTES sets how long (default 30).
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { sumOfMetric } from "#test/system/harness/gate-metrics.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { accountOf } from "./gate-account.ts";
import { gatePrograms, processesOf } from "./gate-programs.ts";
import { ProcessorWaits } from "./processor-waits.ts";
import { createSite } from "./site.ts";
import { OpenLoop } from "./unbroken/load.ts";

const minutes = Number(process.env["SEKISHO_SOAK_MINUTES"] ?? 30);
const requestsPerSecond = 200;
const changesPerSecond = 8;
/** Of the second quarter's median, in the last quarter: what measuring memory twice differs by. */
const noise = 1.08;

interface Sample {
  readonly controlPlaneKiB: number;
  readonly envoyKiB: number;
  readonly liveNodes: number;
}

test(`${minutes} minutes of churn: memory and live nodes stay where they were`, async (t: TestContext) => {
  await using undo = new AsyncDisposableStack();
  const { clock, world, served, settings } = await createSite(undo);
  writeFileSync(settings, "concurrency: 1\nworkloads: none\n");
  const sekisho = await startSekisho(["up", served, "--config", settings]);
  undo.defer(async () => void (await sekisho.stop()));
  const waits = new ProcessorWaits(clock, () => processesOf(sekisho.data));
  undo.defer(() => waits.stop());
  waits.start();
  const load = new OpenLoop(clock, world, { http: sekisho.httpPort, https: sekisho.httpsPort });
  load.start(requestsPerSecond);
  const samples: Sample[] = [];
  const end = clock.monotonicMs() + minutes * 60_000;
  while (clock.monotonicMs() < end) {
    for (let made = 0; made < world.changesInRound; made += 1) {
      world.change(true);
      await clock.sleep(Temporal.Duration.from({ milliseconds: 1000 / changesPerSecond }));
    }
    await clock.sleep(Temporal.Duration.from({ seconds: 2 }));
    samples.push(await sample(sekisho.data));
  }
  const report = await load.stop(waits);
  for (const what of ["controlPlaneKiB", "envoyKiB", "liveNodes"] as const) {
    const values = samples.map((one) => one[what]);
    t.diagnostic(
      `${what}: ${values[0]} at first, ${median(values)} median, ${values.at(-1)} at last`,
    );
  }
  t.diagnostic(
    `${report.requests} requests, ${report.wrongCount} wrong, ${report.starved} late by up to ${Math.round(report.starvedMs)} ms that programs waited for a processor`,
  );
  for (const line of accountOf(sekisho.events, report.wrong)) t.diagnostic(line);
  assert.deepEqual(report.wrong, []);
  const liveNodes = [...new Set(samples.map((one) => one.liveNodes))];
  assert.equal(liveNodes.length, 1, `live nodes differ: ${liveNodes.join(", ")}`);
  for (const what of ["controlPlaneKiB", "envoyKiB"] as const) {
    const quarter = Math.ceil(samples.length / 4);
    const early = median(samples.slice(quarter, 2 * quarter).map((one) => one[what]));
    const late = median(samples.slice(-quarter).map((one) => one[what]));
    assert.ok(late <= early * noise, `${what} grew from ${early} to ${late}`);
  }
});

async function sample(data: string): Promise<Sample> {
  const { controlPlane, envoys } = gatePrograms(data);
  return {
    controlPlaneKiB: residentKiB(controlPlane),
    envoyKiB: envoys.reduce((sum, pid) => sum + residentKiB(pid), 0),
    liveNodes: await sumOfMetric(data, "sekisho_live_nodes"),
  };
}

function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
