/** One run of changes of a kind: how soon clients see each, and what it costs when nobody looks so often. */

import type { RunningSubject } from "../subjects/subject.ts";
import type { Change, ChangeKind, World } from "../world/world.ts";
import { type Watched, watchBystanders } from "./bystanders.ts";
import { HttpProbe } from "./http-probe.ts";
import { cpuMsOf } from "./process-cost.ts";
import { shakeHands } from "./tls-probe.ts";
import { pause, until } from "./waiting.ts";

export interface ChangeRunSettings {
  readonly kind: ChangeKind;
  /** Changes that are timed; as many again are made to see what they cost. */
  readonly count: number;
  /** Of the first change, so that runs do not repeat each other. */
  readonly firstTurn: number;
  /** Rest between two changes, for those that take only so many. */
  readonly restMs: number;
  /** A bare server on loopback, asked in the same way. */
  readonly echoPort: number;
  /** Between two looks in the pass that is timed. Default 0: back to back. */
  readonly lookEveryMs?: number;
  /** A pass ends after so long with the changes that it has, one at least. Default: it makes all of them. */
  readonly longestPassMs?: number;
}

export interface ChangeRun {
  /** From the write to the arrival of the first answer of the new world. */
  readonly seenMs: readonly number[];
  /** From the write to its confirmation. */
  readonly writtenMs: readonly number[];
  readonly echoMs: readonly number[];
  /** Changes that a kept connection did not show in 2 s and a new one did. */
  readonly stuck: number;
  readonly bystanders: Watched;
  readonly cost: ChangeCost;
}

/** For one change. */
export interface ChangeCost {
  readonly proxyMs: number;
  /** Undefined where one process does all. */
  readonly controlMs: number | undefined;
  readonly bytes: number | undefined;
}

const longestChangeMs = 30_000;
/** Longer than any subject that takes changes one at a time; who rests between them may take as long again. */
const longestOnOneConnectionMs = 2_000;
const echoesPerChange = 3;
/** In the pass for the costs: the first look comes when most changes are there, so that looking costs little. */
const lookEveryMs = 6;

export async function runChanges(
  running: RunningSubject,
  world: World,
  settings: ChangeRunSettings,
): Promise<ChangeRun> {
  const isSecure = settings.kind === "certificate" || settings.kind === "secure host";
  using watch = isSecure
    ? watchBystanders(running.https, secureBystanders(world), "TLS")
    : watchBystanders(running.http, world.bystanders(), "clear text");
  const timed = await timedPass(running, world, settings);
  const bystanders = await watch.stop();
  const cost = await costPass(running, world, settings);
  if (running.remove !== undefined) await running.remove(world.removeAdded());
  return { ...timed, bystanders, cost };
}

export type TimedPass = Pick<ChangeRun, "seenMs" | "writtenMs" | "echoMs" | "stuck">;

/** Changes one after another, each looked for until it is seen. */
export async function timedPass(
  running: RunningSubject,
  world: World,
  settings: ChangeRunSettings,
): Promise<TimedPass> {
  using probe = new HttpProbe(running.http);
  using echo = new HttpProbe(settings.echoPort);
  const seenMs: number[] = [];
  const writtenMs: number[] = [];
  const echoMs: number[] = [];
  let stuck = 0;
  const end = endOf(settings);
  for (let turn = 0; turn < settings.count && performance.now() < end; turn += 1) {
    const change = world.change(settings.kind, settings.firstTurn + turn);
    const started = performance.now();
    const written = running.apply(change).then(() => performance.now() - started);
    const looking = { everyMs: settings.lookEveryMs ?? 0, restMs: settings.restMs };
    const seen = seeing(running, probe, change, looking);
    const [at, wrote] = await Promise.race([Promise.all([seen, written]), running.death]);
    seenMs.push(at.seenAt - started);
    writtenMs.push(wrote);
    if (at.wasStuck) stuck += 1;
    for (let round = 0; round < echoesPerChange; round += 1) echoMs.push(await askEcho(echo));
    if (settings.restMs > 0) await pause(settings.restMs);
  }
  return { seenMs, writtenMs, echoMs, stuck };
}

/** As many again, hardly looked at. */
export async function costPass(
  running: RunningSubject,
  world: World,
  settings: ChangeRunSettings,
): Promise<ChangeCost> {
  using probe = new HttpProbe(running.http);
  const before = await costs(running);
  const end = endOf(settings);
  let count = 0;
  for (; count < settings.count && performance.now() < end; count += 1) {
    const change = world.change(settings.kind, settings.firstTurn + settings.count + count);
    await Promise.race([running.apply(change), running.death]);
    await pause(lookEveryMs);
    const looking = { everyMs: lookEveryMs, restMs: settings.restMs };
    await Promise.race([seeing(running, probe, change, looking), running.death]);
    if (settings.restMs > 0) await pause(settings.restMs);
  }
  const after = await costs(running);
  const each = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : (b - a) / count;
  return {
    proxyMs: (after.proxyMs - before.proxyMs) / count,
    controlMs: each(before.controlMs, after.controlMs),
    bytes: each(before.bytes, after.bytes),
  };
}

function endOf({ longestPassMs = Number.POSITIVE_INFINITY }: ChangeRunSettings): number {
  return performance.now() + longestPassMs;
}

async function costs(running: RunningSubject): Promise<ChangeCost> {
  const { proxy, control } = running.processes();
  return {
    bytes: await running.bytesSent?.(),
    proxyMs: cpuMsOf(proxy),
    controlMs: control.length === 0 ? undefined : cpuMsOf(control),
  };
}

interface Seen {
  readonly seenAt: number;
  readonly wasStuck: boolean;
}

async function seeing(
  running: RunningSubject,
  probe: HttpProbe,
  change: Change,
  { everyMs, restMs }: { readonly everyMs: number; readonly restMs: number },
): Promise<Seen> {
  const started = performance.now();
  const stuckAfterMs = longestOnOneConnectionMs + restMs;
  let isFresh = false;
  const look = async (): Promise<boolean> => {
    if (change.kind === "certificate" || change.kind === "secure host") {
      const shown = await shakeHands(running.https, change.serverName);
      return shown.fingerprint === change.fingerprint;
    }
    if (!isFresh && performance.now() - started > stuckAfterMs) {
      isFresh = true;
      probe.close();
    }
    const { status, body } = await probe.ask(change.seen.host, change.seen.path);
    return status === 200 && body === change.seen.body;
  };
  const what = `a change of kind ${change.kind}`;
  const seenAt = await until(look, { what, longestMs: longestChangeMs, everyMs });
  return { seenAt, wasStuck: isFresh && seenAt - started < stuckAfterMs + 100 };
}

async function askEcho(probe: HttpProbe): Promise<number> {
  const started = performance.now();
  await probe.ask("echo");
  return performance.now() - started;
}

/** Hosts with a certificate that is not replaced in the first turns are as good as any: a connection outlives it. */
function secureBystanders(world: World): readonly { host: string; path: string; body: string }[] {
  const { routesPerHost } = world.shape;
  return world.secureHosts.slice(-5).map((host) => world.expected(host * routesPerHost));
}
