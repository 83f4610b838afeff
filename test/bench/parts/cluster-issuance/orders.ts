/** Certificates of a real ACME server in a cluster, one after another: HTTP-01 answered by the proxies. */

import { startPebbleInside } from "#test/lab/pebble-inside.ts";
import { begin, type ClusterIssuer } from "../../subjects/cluster/cluster-issuer.ts";
import { balancerAddress } from "../../subjects/cluster/cluster-subject.ts";
import type { IssuingStage } from "./stage.ts";

const namespace = "orders";
const name = "pebble";
const longest = "--timeout=120s";

/** Milliseconds of each from its creation to Ready. */
export async function measureOrders(
  { lab, open }: IssuingStage,
  issuer: ClusterIssuer,
  count: number,
): Promise<readonly number[]> {
  await using undo = new AsyncDisposableStack();
  const address = await balancerAddress(lab, issuer.namespace, "sekisho");
  const pebble = undo.use(await startPebbleInside(lab, address));
  const place = undo.use(await open(namespace));
  const running = await begin(lab, issuer);
  undo.defer(() => running.end());
  await lab.kubectl(["apply", "-f", "-"], JSON.stringify(clusterIssuer(pebble.issuer)));
  await lab.kubectl(["wait", "--for=condition=Ready", `clusterissuer/${name}`, longest]);
  const readyMs: number[] = [];
  for (let order = 0; order < count; order += 1) {
    const began = performance.now();
    await place.create(`order-${order}`, name);
    readyMs.push((await place.watch.untilReady(order + 1)) - began);
  }
  return readyMs;
}

function clusterIssuer(issuer: object): object {
  const acme = {
    ...issuer,
    privateKeySecretRef: { name: "pebble-account" },
    solvers: [{ http01: { ingress: {} } }],
  };
  const metadata = { name };
  return { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata, spec: { acme } };
}
