/** A subject in the lab with all its objects: how it came to them, and one turn of changing them. */

import type { ApiUse } from "../../measure/api-use.ts";
import { type Watch, watchBystanders } from "../../measure/bystanders.ts";
import { type Creation, create } from "../../measure/creation.ts";
import { cpuMsOf } from "../../measure/process-cost.ts";
import { pause } from "../../measure/waiting.ts";
import type { ClusterPlan } from "../../plan.ts";
import type { ClusterShare } from "../../subjects/cluster/cluster-stage.ts";

export interface CreatedResult {
  readonly creation: Creation;
  readonly creationCosts: Costs;
  /** From the first write until the last status was written; undefined for who writes none. */
  readonly toldMs: number | undefined;
  readonly creationUse: ApiUse;
}

export interface Costs {
  readonly proxyMs: number;
  readonly controlMs: number | undefined;
}

/** A subject whose objects are there. */
export interface Standing {
  readonly share: ClusterShare;
  readonly load: Watch;
  readonly created: CreatedResult;
  /** How many requests it had made when they were. */
  readonly requests: number;
}

/** Between two requests of the constant load. */
const loadEveryMs = 10;
/** Who has written no status for so long has written all. */
const stillMs = 4_000;
const longestMs = 120_000;

export function watchLoad({ running, world }: ClusterShare): Watch {
  return watchBystanders(running.http, world.bystanders(), "clear text", loadEveryMs);
}

/** Creates what it serves, those that the constant load asks for first. */
export async function begin(share: ClusterShare, plan: ClusterPlan): Promise<Standing> {
  const { world, running, ingresses } = share;
  const port = running.http;
  await share.prepare();
  const all = ingresses.map((write, route) => ({ write, expected: world.expected(route) }));
  const bystanders = world.bystanders();
  const isFirst = ({ expected }: (typeof all)[number]): boolean =>
    bystanders.some(({ host }) => host === expected.host);
  const settings = (some: typeof all): Parameters<typeof create>[0] => ({
    writes: some.map(({ write }) => write),
    expected: some.map(({ expected }) => expected),
    perSecond: plan.createdPerSecond,
    port,
  });
  await create(settings(all.filter(isFirst)));
  const load = watchLoad(share);
  const before = costsOf(share);
  const started = performance.now();
  const creation = await create(settings(all.filter((one) => !isFirst(one))));
  const toldAt = await untilTold(share);
  return {
    share,
    load,
    created: {
      creation,
      creationCosts: costsSince(share, before),
      toldMs: toldAt === undefined ? undefined : toldAt - started,
      creationUse: share.useSince(0),
    },
    requests: share.requests(),
  };
}

/** When the last status was written, to the second; undefined for who writes none. */
async function untilTold(share: ClusterShare): Promise<number | undefined> {
  const end = performance.now() + longestMs;
  let last = { statuses: 0, at: performance.now() };
  while (performance.now() < Math.min(end, last.at + stillMs)) {
    const { statuses } = share.useSince(0);
    if (statuses > last.statuses) last = { statuses, at: performance.now() };
    await pause(1_000);
  }
  return last.statuses === 0 ? undefined : last.at;
}

export function costsOf({ running }: ClusterShare): Costs {
  const { proxy, control } = running.processes();
  return {
    proxyMs: cpuMsOf(proxy),
    controlMs: control.length === 0 ? undefined : cpuMsOf(control),
  };
}

export function costsSince(share: ClusterShare, before: Costs): Costs {
  const { proxyMs, controlMs } = costsOf(share);
  const isApart = controlMs !== undefined && before.controlMs !== undefined;
  return {
    proxyMs: proxyMs - before.proxyMs,
    controlMs: isApart ? controlMs - before.controlMs : undefined,
  };
}
