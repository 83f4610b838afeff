/** Many objects created at a steady pace, and how soon clients are answered for all of them. */

import type { Bystander } from "./bystanders.ts";
import { HttpProbe } from "./http-probe.ts";
import { pause, until } from "./waiting.ts";

export interface Creation {
  /** From the first write to the answer to the last. */
  readonly writtenMs: number;
  /** From the first write until all hosts are answered for. */
  readonly servedMs: number;
  /** The part of it behind the answer to the last write. */
  readonly behindMs: number;
  /** Hosts that were not served when the last one was. */
  readonly late: number;
}

export interface CreationSettings {
  /** Creates one object; called in order. */
  readonly writes: readonly (() => Promise<unknown>)[];
  readonly perSecond: number;
  /** The port of the proxy, and what it is to answer once all is created. */
  readonly port: number;
  readonly expected: readonly Bystander[];
}

const longestMs = 120_000;
const lookEveryMs = 2;
/** So many writes are under way at most. */
const writers = 16;
const askers = 4;

export async function create(settings: CreationSettings): Promise<Creation> {
  const started = performance.now();
  await writeAtPace(settings);
  const written = performance.now();
  using probe = new HttpProbe(settings.port);
  const last = settings.expected.at(-1);
  const lastAt = last === undefined ? written : await untilServed(probe, last);
  const late = await lateOnes(settings);
  const servedAt = late.reduce((latest, at) => Math.max(latest, at), lastAt);
  return {
    writtenMs: written - started,
    servedMs: servedAt - started,
    behindMs: servedAt - written,
    late: late.length,
  };
}

async function writeAtPace({ writes, perSecond }: CreationSettings): Promise<void> {
  const started = performance.now();
  const queue = [...writes.entries()].values();
  const writer = async (): Promise<void> => {
    for (const [index, write] of queue) {
      const early = started + (index * 1000) / perSecond - performance.now();
      if (early > 0) await pause(early);
      await write();
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
}

/** Asks for every host once; of those that are not right, when they were. */
async function lateOnes({ port, expected }: CreationSettings): Promise<readonly number[]> {
  const queue = expected.values();
  const servedAt: number[] = [];
  const asker = async (): Promise<void> => {
    using probe = new HttpProbe(port);
    for (const host of queue)
      if (!(await isServed(probe, host))) servedAt.push(await untilServed(probe, host));
  };
  await Promise.all(Array.from({ length: askers }, asker));
  return servedAt;
}

function untilServed(probe: HttpProbe, host: Bystander): Promise<number> {
  const patience = { what: host.host, longestMs, everyMs: lookEveryMs };
  return until(() => isServed(probe, host), patience);
}

async function isServed(probe: HttpProbe, { host, path, body }: Bystander): Promise<boolean> {
  const answer = await probe.ask(host, path);
  return answer.status === 200 && answer.body === body;
}
