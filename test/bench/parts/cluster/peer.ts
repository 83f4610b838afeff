/** A peer in the ways in which its users run it: slower ones, each for as long as it takes to see how slow. */

import { create } from "../../measure/creation.ts";
import { HttpProbe } from "../../measure/http-probe.ts";
import { pause } from "../../measure/waiting.ts";
import type { ClusterPlan } from "../../plan.ts";
import type { ClusterShare, ClusterStage } from "../../subjects/cluster/cluster-stage.ts";
import type { ChangeRow } from "../change-rows.ts";
import { watchLoad } from "./standing.ts";
import { kinds, rowOf, runTurn } from "./turns.ts";

/** The objects that it finds are those of the one whose place it takes. */
export async function measureThrottled(
  share: ClusterShare,
  { echoPort }: ClusterStage,
  plan: ClusterPlan,
): Promise<readonly ChangeRow[]> {
  const { world, running } = share;
  const expected = share.ingresses.map((_, route) => world.expected(route));
  await create({ writes: [], perSecond: 1, port: running.http, expected });
  using load = watchLoad(share);
  const rows: ChangeRow[] = [];
  for (const kind of kinds) {
    const turn = { kind, count: plan.ofThrottledPeer, costed: 1, firstTurn: 0, echoPort };
    rows.push(rowOf(share, kind, [await runTurn(share, load, turn)]));
  }
  await load.stop();
  return rows;
}

/** It has just been started, and its objects have no status yet. */
export async function watchTelling(
  share: ClusterShare,
  { tellingSeconds }: ClusterPlan,
): Promise<string> {
  const before = share.requests();
  await pause(tellingSeconds * 1000);
  const { statuses } = share.useSince(before);
  using probe = new HttpProbe(share.running.http);
  const { host, path, body } = share.world.expected(0);
  const answer = await probe.ask(host, path);
  const isServed = answer.status === 200 && answer.body === body;
  const { name } = share.subject;
  const hosts = share.world.shape.hosts.toLocaleString("en-US");
  return `${name}: started with ${hosts} Ingresses without a status, it had written ${statuses} in the first ${tellingSeconds} s, and then ${isServed ? "answered for the first host" : "answered for none of the hosts yet: it takes its configuration once all are written"}.`;
}
