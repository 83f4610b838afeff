/** Certificates in a cluster with a real API server, beside cert-manager: what issuing costs them and the server. */

import { findObstacle } from "#test/lab/build/requirements.ts";
import {
  certManagerImage,
  certManagerInCluster,
} from "../../subjects/cluster/cert-manager-in-cluster.ts";
import type { ClusterIssuer } from "../../subjects/cluster/cluster-issuer.ts";
import { bundleImage } from "../../subjects/cluster/sekisho-in-cluster.ts";
import { sekishoIssuing } from "../../subjects/cluster/sekisho-issuing.ts";
import type { BenchContext, Part } from "../part.ts";
import { measureOrders } from "./orders.ts";
import { barsOf, issuedTable, ordersTable, turnFigure, writesTable } from "./rows.ts";
import { type IssuingStage, openIssuingStage } from "./stage.ts";
import { type Turn, takeTurn } from "./turn.ts";

export const clusterIssuancePart: Part = {
  name: "cluster-issuance",
  title: "Certificates that are issued in a cluster",
  run: async (context) => {
    const obstacle = await findObstacle();
    if (obstacle !== undefined) throw new Error(obstacle);
    const ours = sekishoIssuing(context.version);
    const program = process.env["CERT_MANAGER"] || undefined;
    const peers = program === undefined ? [] : [certManagerInCluster()];
    const images = program === undefined ? [] : [certManagerImage(program)];
    const issuers = [ours, ...peers];
    await using stage = await openIssuingStage(issuers, [bundleImage(context.bundle), ...images]);
    const turns = await takeTurns(context, stage, issuers);
    const { orders } = context.plan.clusterIssuance;
    const readyMs = await context.attempt("orders of an ACME server in a cluster", () =>
      measureOrders(stage, ours, orders),
    );
    return {
      tables: [issuedTable(turns), writesTable(turns), ordersTable(readyMs ?? [])],
      bars: barsOf(turns, ours.name, readyMs ?? []),
      notes: [
        ...methodNotes,
        ...issuers.map(({ name, how }) => `${name}: ${how}`),
        ...(program === undefined
          ? ["Not measured: cert-manager, as CERT_MANAGER names none."]
          : []),
      ],
      figures: [...turns.map(turnFigure), { orders, readyMs: readyMs ?? [] }],
    };
  },
};

const methodNotes = [
  "A real etcd, API server, controller manager and scheduler with one simulated node, all on this machine with the programs that are measured and the client. Those who issue take turns, as of two only one may write: each turn has a namespace of its own, and begins with the start of the program and one certificate that is not counted.",
  "Authority of one's own: a ClusterIssuer of kind CA, and Certificates of P-256 keys that differ in their names, created by 16 writers as fast as the server takes them; time from the first creation to the last Ready that a watch shows. CPU of the control plane, and its requests by the server's audit log, until it has written nothing for three seconds; without Events, and without leases and watches, which go by time.",
  "ACME: one Certificate after another, each for a host of its own; a real Pebble that waits for nothing and refuses no nonce looks for the answer at the load balancer of the proxies. Not measured: cert-manager's, whose answers come from pods of an image of their own.",
];

async function takeTurns(
  { plan, attempt }: BenchContext,
  stage: IssuingStage,
  issuers: readonly ClusterIssuer[],
): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  for (const { certificates, rounds } of plan.clusterIssuance.turns) {
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, issuer] of issuers.entries()) {
        const what = `${certificates} certificates in a cluster, by ${issuer.name}, round ${round}`;
        const namespace = `turn-${certificates}-${round}-${index}`;
        const turn = await attempt(what, () =>
          takeTurn(stage, issuer, { certificates, namespace }),
        );
        if (turn !== undefined) turns.push(turn);
      }
    }
  }
  return turns;
}
