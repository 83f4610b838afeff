/**
 * Nothing is lost: every answer is the old or the new world's while everything changes, files break, the control plane is
 * killed and Envoy is hot restarted.
 *
 * SEKISHO_SOAK_CHANGES sets how many changes are made (default 1000, at 8 a second), SEKISHO_SOAK_RATE how many requests
 * there are a second (default 1000).
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { processesOf } from "../gate-programs.ts";
import { ProcessorWaits } from "../processor-waits.ts";
import { createSite } from "../site.ts";
import type { World } from "./changes.ts";
import { OpenLoop } from "./load.ts";
import { download, echoOverWebSockets } from "./long-lived.ts";

const changes = Number(process.env["SEKISHO_SOAK_CHANGES"] ?? 1000);
const requestsPerSecond = Number(process.env["SEKISHO_SOAK_RATE"] ?? 1000);
const changesPerSecond = 8;
const kills = Math.max(1, Math.round(changes / 50));
/** At these kills the next run has another bootstrap, for which Envoy is hot restarted. Not fewer workers: see docs/restarts.md. */
const hotRestartEvery = 7;

test(`${changes} changes, ${kills} kill -9 of the control plane and hot restarts of Envoy: no wrong answer`, async (t: TestContext) => {
  await using undo = new AsyncDisposableStack();
  const { clock, world, served, settings } = await createSite(undo);
  const plane = new KilledControlPlane(served, settings, world);
  await plane.start();
  undo.defer(() => plane.stop());
  const { httpPort, httpsPort } = plane.running;
  const waits = new ProcessorWaits(clock, () => processesOf(plane.running.data));
  undo.defer(() => waits.stop());
  waits.start();
  const load = new OpenLoop(clock, world, { http: httpPort, https: httpsPort });
  load.start(requestsPerSecond);
  const sockets = echoOverWebSockets(clock, httpPort);
  const downloaded = download(httpPort, Math.min(30, changes / changesPerSecond / 2));

  for (let made = 0; made < changes; made += 1) {
    if (made % Math.floor(changes / kills) === 10) await plane.killAndRevive();
    world.change(plane.isAlive);
    await clock.sleep(Temporal.Duration.from({ milliseconds: 1000 / changesPerSecond }));
  }
  await plane.revived();
  const report = await load.stop(waits);
  const echoed = await sockets.stop();
  const wrong = [...report.wrong, ...echoed.wrong, ...(await downloaded)];
  t.diagnostic(
    `${report.requests} requests (${JSON.stringify(report.ways)}), ${echoed.echoes} echoes, ${changes} changes, ${plane.kills} kills, ${plane.hotRestarts} hot restarts: ${report.wrongCount + echoed.wrong.length} wrong, ${report.starved} late by up to ${Math.round(report.starvedMs)} ms that programs waited for a processor`,
  );
  assert.deepEqual(wrong, []);
});

/** The real program, killed and started again on the same data. */
class KilledControlPlane {
  isAlive = false;
  kills = 0;
  hotRestarts = 0;
  readonly #served: string;
  readonly #settings: string;
  readonly #world: World;
  #running: RunningSekisho | undefined;
  #reviving: Promise<void> = Promise.resolve();
  #routeStatistics = false;

  constructor(served: string, settings: string, world: World) {
    this.#served = served;
    this.#settings = settings;
    this.#world = world;
  }

  get running(): RunningSekisho {
    assert.ok(this.#running);
    return this.#running;
  }

  async start(killed?: RunningSekisho): Promise<void> {
    // Long enough for the download; the next hot restart waits for the end of the one before.
    const settings = {
      ...{ concurrency: 2, workloads: "none", hotRestartSeconds: 32 },
      routeStatistics: this.#routeStatistics,
    };
    writeFileSync(this.#settings, JSON.stringify(settings));
    const up = ["up", this.#served, "--config", this.#settings];
    this.#running = await startSekisho(up, killed);
    this.isAlive = true;
    this.#world.revived();
  }

  /** Kills it now; it comes back while the world goes on. */
  async killAndRevive(): Promise<void> {
    await this.#reviving;
    this.isAlive = false;
    this.#world.died();
    const { running } = this;
    await running.kill();
    this.kills += 1;
    if (this.kills % hotRestartEvery === 0) {
      this.#routeStatistics = !this.#routeStatistics;
      this.hotRestarts += 1;
    }
    this.#reviving = this.start(running);
  }

  revived(): Promise<void> {
    return this.#reviving;
  }

  async stop(): Promise<void> {
    await this.#reviving;
    await this.running.stop();
  }
}
