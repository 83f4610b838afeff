/** One size of the cluster part: a lab, its subjects side by side, and everything that is measured of them there. */

import type { ApiUse } from "../../measure/api-use.ts";
import type { Watched } from "../../measure/bystanders.ts";
import type { ChangeRun } from "../../measure/change-run.ts";
import { memoryOf } from "../../measure/process-cost.ts";
import { pause } from "../../measure/waiting.ts";
import type { ClusterPlan } from "../../plan.ts";
import {
  type ClusterShare,
  type ClusterStage,
  openClusterStage,
} from "../../subjects/cluster/cluster-stage.ts";
import type { MemoryUse } from "../../subjects/subject.ts";
import type { ChangeKind } from "../../world/world.ts";
import type { ChangeRow } from "../change-rows.ts";
import type { BenchContext } from "../part.ts";
import type { ClusterCast } from "./cast.ts";
import { measureThrottled, watchTelling } from "./peer.ts";
import {
  begin,
  type Costs,
  type CreatedResult,
  costsOf,
  costsSince,
  type Standing,
} from "./standing.ts";
import { kinds, rowOf, runTurn } from "./turns.ts";

export interface SizeResult {
  readonly shares: readonly ShareResult[];
  readonly changes: readonly ChangeRow[];
  readonly notes: readonly string[];
}

/** One subject at one size. */
export interface ShareResult extends CreatedResult, QuietResult {
  readonly subject: string;
  readonly hosts: number;
  /** While changes were made. */
  readonly changeUse: ApiUse;
  readonly load: Watched;
}

interface QuietResult {
  readonly quietUse: ApiUse;
  readonly quietCosts: Costs;
  readonly memory: MemoryUse;
}

const services = 100;
/** What one has left to do is not to fall into the turn of the next: it is waited until it takes less than this. */
const idle = { cpuMs: 100, everyMs: 500, looks: 20 };

export async function measureSize(
  context: BenchContext,
  { ours, peer, images }: ClusterCast,
  hosts: number,
): Promise<SizeResult> {
  const { cluster: plan } = context.plan;
  const subjects = peer === undefined ? [ours] : [ours, peer.quick];
  const shape = { hosts, routesPerHost: 1, services, certificates: 0 };
  const progress = (text: string): void => context.progress(`${hosts} Ingresses: ${text}`);
  await using stage = await openClusterStage(subjects, shape, images);
  using undo = new DisposableStack();
  const standing: Standing[] = [];
  for (const subject of subjects) {
    progress(`created for ${subject.name}`);
    const begun = await begin(await stage.open(subject), plan);
    undo.use(begun.load);
    standing.push(begun);
  }
  const changes: ChangeRow[] = [];
  for (const kind of kinds) {
    progress(`changes of kind ${kind}`);
    changes.push(...(await takeTurns(standing, { stage, kind, plan })));
  }
  const changeUses = standing.map(({ share, requests }) => share.useSince(requests));
  progress("quiet");
  const quiet = await beQuiet(standing, plan);
  const loads = await Promise.all(standing.map(({ load }) => load.stop()));
  const shares = standing.map(({ share, created }, index) => ({
    subject: share.subject.name,
    hosts,
    ...created,
    ...at(quiet, index),
    changeUse: at(changeUses, index),
    load: at(loads, index),
  }));
  const [, quick] = standing;
  if (peer === undefined || quick === undefined) return { shares, changes, notes: [] };
  progress(peer.usual.name);
  const usual = await stage.open(peer.usual, quick.share);
  changes.push(...(await measureThrottled(usual, stage, plan)));
  progress(peer.telling.name);
  const note = await watchTelling(await stage.open(peer.telling, quick.share), plan);
  return { shares, changes, notes: [note] };
}

interface Turns {
  readonly stage: ClusterStage;
  readonly kind: ChangeKind;
  readonly plan: ClusterPlan;
}

async function takeTurns(
  standing: readonly Standing[],
  { stage, kind, plan }: Turns,
): Promise<readonly ChangeRow[]> {
  const runs = standing.map((): ChangeRun[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [index, { share, load }] of standing.entries()) {
      const isPeer = index > 0;
      const count = isPeer ? plan.perRoundOfPeer : plan.perRound;
      const costed = isPeer ? plan.costedOfPeer : plan.costed;
      const turn = { kind, count, costed, firstTurn: round * (count + costed) };
      at(runs, index).push(await runTurn(share, load, { ...turn, echoPort: stage.echoPort }));
      await untilIdle(share);
    }
  }
  return standing.map(({ share }, index) => rowOf(share, kind, at(runs, index)));
}

/** The constant load goes on meanwhile. */
async function untilIdle(share: ClusterShare): Promise<void> {
  for (let look = 0; look < idle.looks; look += 1) {
    const before = costsOf(share);
    await pause(idle.everyMs);
    const { proxyMs, controlMs = 0 } = costsSince(share, before);
    if (proxyMs + controlMs < idle.cpuMs) return;
  }
}

async function beQuiet(
  standing: readonly Standing[],
  { quietSeconds }: ClusterPlan,
): Promise<readonly QuietResult[]> {
  const before = standing.map(({ share }) => ({
    requests: share.requests(),
    costs: costsOf(share),
  }));
  await pause(quietSeconds * 1000);
  return standing.map(({ share }, index) => {
    const { requests, costs } = at(before, index);
    const { proxy, control } = share.running.processes();
    return {
      quietUse: share.useSince(requests),
      quietCosts: costsSince(share, costs),
      memory: {
        proxy: memoryOf(proxy),
        control: control.length === 0 ? undefined : memoryOf(control),
      },
    };
  });
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new Error("every subject has one");
  return one;
}
