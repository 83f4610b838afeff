/** Subjects that take turns at being changed, so that what else the machine does falls on all of them. */

import type { Watch, Watched } from "../../measure/bystanders.ts";
import { type ChangeRun, costPass, timedPass } from "../../measure/change-run.ts";
import type { ClusterShare } from "../../subjects/cluster/cluster-stage.ts";
import type { ChangeKind } from "../../world/world.ts";
import type { ChangeRow } from "../change-rows.ts";

/** What is changed of what is there. */
export const kinds: readonly ChangeKind[] = ["route", "endpoint"];
const lookEveryMs = 1;
/** A peer may take seconds for each change. */
const longestPassMs = 25_000;

export interface Turn {
  readonly kind: ChangeKind;
  readonly count: number;
  readonly costed: number;
  readonly firstTurn: number;
  readonly echoPort: number;
}

export async function runTurn(share: ClusterShare, load: Watch, turn: Turn): Promise<ChangeRun> {
  const { running, world, subject } = share;
  const settings = { ...turn, restMs: subject.restMs, lookEveryMs, longestPassMs };
  const before = load.now();
  const timed = await timedPass(running, world, settings);
  const firstTurn = turn.firstTurn + turn.count;
  const cost = await costPass(running, world, { ...settings, count: turn.costed, firstTurn });
  return { ...timed, bystanders: watchedSince(load, before), cost };
}

export function rowOf(
  share: ClusterShare,
  kind: ChangeKind,
  runs: readonly ChangeRun[],
): ChangeRow {
  return { subject: share.subject.name, kind, shape: share.world.shape, runs };
}

function watchedSince(load: Watch, before: Watched): Watched {
  const { requests, wrong, connectionsEnded } = load.now();
  return {
    requests: requests - before.requests,
    wrong: wrong - before.wrong,
    connectionsEnded: connectionsEnded - before.connectionsEnded,
  };
}
