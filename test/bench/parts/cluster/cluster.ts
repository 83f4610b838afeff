/** In a cluster with a real API server, beside Traefik: many Ingresses created, one changed, endpoints moved, then quiet. */

import { findObstacle } from "#test/lab/build/requirements.ts";
import type { PartReport } from "../../report/report.ts";
import { changeFigure, changeTable } from "../change-rows.ts";
import type { BenchContext, Part } from "../part.ts";
import { type ClusterCast, castOf } from "./cast.ts";
import { apiTable, barsOf, costTable, createdTable, loadTable, shareFigure } from "./rows.ts";
import { measureSize, type SizeResult } from "./size.ts";

export const clusterPart: Part = {
  name: "cluster",
  title: "In a cluster",
  run: async (context) => {
    const obstacle = await findObstacle();
    if (obstacle !== undefined) throw new Error(obstacle);
    const cast = castOf(context);
    const sizes: SizeResult[] = [];
    for (const hosts of context.plan.cluster.hosts) {
      const size = await context.attempt(`${hosts} Ingresses in a cluster`, () =>
        measureSize(context, cast, hosts),
      );
      if (size !== undefined) sizes.push(size);
    }
    const shares = sizes.flatMap((size) => size.shares);
    const rows = sizes.flatMap((size) => size.changes);
    return {
      tables: [
        createdTable(shares),
        changeTable("route", rows),
        changeTable("endpoint", rows),
        apiTable(shares),
        costTable(shares),
        loadTable(shares),
      ],
      bars: barsOf(sizes),
      notes: [
        ...methodNotes(context, cast),
        ...sizes.flatMap((size) => size.notes),
        ...cast.leftOut,
      ],
      figures: [...shares.map(shareFigure), ...rows.map(changeFigure)],
    } satisfies PartReport;
  },
};

function methodNotes({ plan }: BenchContext, { ours, peer }: ClusterCast): readonly string[] {
  const { createdPerSecond, quietSeconds, rounds } = plan.cluster;
  const subjects = peer === undefined ? [ours] : [ours, peer.quick, peer.usual, peer.telling];
  return [
    "A real etcd, API server, controller manager, scheduler and kube-proxy with one simulated node, all on this machine with the programs that are measured and the client. Each subject has a namespace of its own with the same objects under its class, and reads no other; both run all the time, and take turns at being measured.",
    `Created: Ingresses at ${createdPerSecond} a second over 100 Services with an EndpointSlice each; then every host is asked for. CPU until the last status was written.`,
    `Changes: a merge patch of one Ingress or EndpointSlice; seen from then until the first right answer, at a client that asks again a millisecond after each answer; in ${rounds} rounds. The echo is a bare server in the lab, asked by the same client on the same way. CPU of changes: in a second pass with a look every 6 ms.`,
    `API: by the server's audit log. Quiet: ${quietSeconds} s in which nobody changes anything, both at the same time.`,
    "The constant load: 100 requests a second to hosts that do not change, on five kept connections, from the first of the created until the end, also in quiet.",
    ...subjects.map(({ name, version, how }) => `${name} ${version}: ${how}`),
  ];
}
