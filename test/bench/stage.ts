/** What all parts share: the backends, the subjects, and a way to start one of them with a world. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnvoyVersion } from "#proxies/process/install/envoy-version.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";
import { HttpProbe } from "./measure/http-probe.ts";
import { shakeHands } from "./measure/tls-probe.ts";
import { until } from "./measure/waiting.ts";
import type { BenchContext, Started } from "./parts/part.ts";
import type { Plan } from "./plan.ts";
import { startAnswers } from "./programs/answers.ts";
import { findPeers } from "./subjects/peers/find-peers.ts";
import { sekisho } from "./subjects/sekisho.ts";
import type { RunningSubject, Subject } from "./subjects/subject.ts";
import { World } from "./world/world.ts";

export interface StageSettings {
  readonly plan: Plan;
  /** `all`, `none`, or names with commas. */
  readonly peers: string;
  readonly install: boolean;
  readonly profile: string | undefined;
}

export interface Stage extends AsyncDisposable {
  readonly context: BenchContext;
}

const repository = fileURLToPath(new URL("../../", import.meta.url));
const longestStartMs = 120_000;
const lookEveryMs = 2;

export async function openStage(settings: StageSettings): Promise<Stage> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-bench-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const answers = undo.use(await startAnswers(directory));
  const version = await readEnvoyVersion(createProcesses(), await envoyProgram());
  const with_ = `with Envoy ${version.ok ? version.value : "of an unknown version"}`;
  const bundle = join(directory, "dist");
  buildInto(bundle);
  const found = findPeers(settings);
  const failures: string[] = [];
  let turn = 0;
  const context: BenchContext = {
    plan: settings.plan,
    directory,
    answers,
    ...found,
    bundle,
    version: with_,
    sekisho: (options) => sekisho(options, { bundle, version: with_, profile: settings.profile }),
    mayInstall: settings.install,
    failures,
    attempt: async (what, act) => {
      context.progress(what);
      try {
        return await act();
      } catch (error) {
        console.error(`${what} failed:`, error);
        failures.push(`failed: ${what}: ${error instanceof Error ? firstLine(error) : "unknown"}`);
        return undefined;
      }
    },
    start: (subject, shape, backends = answers) => {
      turn += 1;
      return start(subject, new World(shape, backends), join(directory, `s${turn}`));
    },
    progress: (text) => console.error(`… ${text}`),
  };
  const open = undo.move();
  return { context, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

function firstLine({ message }: Error): string {
  return message.split("\n")[0] ?? message;
}

/** Into a place of its own: a bench changes nothing that somebody else uses. */
function buildInto(directory: string): void {
  execFileSync(process.execPath, ["tools/build.ts", directory], { cwd: repository });
}

async function start(subject: Subject, world: World, directory: string): Promise<Started> {
  await using undo = new AsyncDisposableStack();
  mkdirSync(directory, { mode: 0o700 });
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const running = undo.use(await subject.start(world, directory));
  const answeredAt = await Promise.race([untilLastHost(running, world), running.death]);
  const open = undo.move();
  return {
    running,
    world,
    answeredMs: answeredAt - running.startedAt,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** With a certificate for every host, the last one's must be shown as well. */
async function untilLastHost(running: RunningSubject, world: World): Promise<number> {
  using probe = new HttpProbe(running.http);
  const last = world.expected(world.routeCount - 1);
  const patience = { what: "the last host", longestMs: longestStartMs, everyMs: lookEveryMs };
  const answers = async (): Promise<boolean> =>
    (await probe.ask(last.host, last.path)).body === last.body;
  const answeredAt = await until(answers, patience);
  const host = world.hostOf(world.routeCount - 1);
  if (!world.isSecure(host)) return answeredAt;
  const name = world.hostName(host);
  return await until(async () => (await shakeHands(running.https, name)) !== undefined, patience);
}
