/** The controllers of certificates over a real Pebble, by the clock that it has: from a Certificate to its Secret. */

import type { JsonObject } from "#base/json.ts";
import { startCertificateControllers } from "#certificates/certificate-controllers.ts";
import { createAcmeIssuer } from "#certificates/issuers/acme/acme.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { findCondition } from "#kinds/condition.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { inlineWorkers } from "#test/fakes/certificates/certificate-stage.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { ConformanceStage, IssuerUnderTest } from "#test/issuers/conformance-stage.ts";
import { issuerOf, openStage } from "./acme-stage.ts";
import { type Pebble, startPebble } from "./pebble.ts";

export interface IssuingStage extends AsyncDisposable, IssuerUnderTest {
  readonly pebble: Pebble;
}

const namespace = "shop";

/** An issuer of a Pebble that proves names by HTTP-01, and wildcards by DNS-01. */
export async function openIssuingStage(): Promise<IssuingStage> {
  await using undo = new AsyncDisposableStack();
  const records: { at?: ReturnType<typeof recordsFor> } = {};
  const stage = undo.use(await openStage(() => [writingTo(records)]));
  const pebble = undo.use(await startPebble({ httpPort: stage.answers.port }));
  records.at = recordsFor(pebble);
  const webhook = { groupName: "dns.test", solverName: "records" };
  const acme = { ...issuerOf(pebble), enableDurationFeature: true };
  await stage.issue({
    ...acme,
    solvers: [{ http01: { ingress: {} } }, { dns01: { webhook } }],
  });
  const controllers = await startCertificateControllers(
    {
      ...{ clock: createClock(), random: createRandom(), log: silentLog, store: stage.store },
      ...{ metrics: await createMetrics(), workers: inlineWorkers },
      events: { tell: () => undefined },
    },
    { clusterResourceNamespace: "cert-manager", backends: [createAcmeIssuer(stage.acme)] },
  );
  undo.defer(() => controllers.close());
  await stage.start();
  const all = undo.move();
  return {
    ...{ pebble, stage: conformanceStage(stage.store) },
    issuerRef: { name: "prod", kind: "ClusterIssuer" },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What is in records is what the challenges of now say. */
function writingTo(records: { readonly at?: ReturnType<typeof recordsFor> }): Solver {
  const recordOf = (dnsName: string): string => `_acme-challenge.${dnsName}`;
  return {
    type: "dns-01",
    present: async ({ dnsName, key }) => {
      const others = records.at?.of(recordOf(dnsName)) ?? [];
      await records.at?.set(recordOf(dnsName), [...new Set([...others, key])]);
      return { kind: "done" };
    },
    check: async () => ({ kind: "done" }),
    cleanUp: async ({ dnsName, key }) => {
      const others = records.at?.of(recordOf(dnsName)) ?? [];
      await records.at?.set(
        recordOf(dnsName),
        others.filter((value) => value !== key),
      );
      return { kind: "done" };
    },
  };
}

type Store = Awaited<ReturnType<typeof openStage>>["store"];

function conformanceStage(store: Store): ConformanceStage {
  const of = (kind: string, name: string): ObjectKey => ({ kind, namespace, name });
  const find = (name: string): Promise<KubeObject | undefined> =>
    store.get(of(certificateKind.id, name));
  const isOver = async (name: string): Promise<boolean> => {
    const certificate = await find(name);
    const ready = findCondition(certificate?.status, "Ready");
    const issuing = findCondition(certificate?.status, "Issuing")?.status;
    const isSeen = ready?.observedGeneration === certificate?.metadata.generation;
    return isSeen && (issuing === "False" || (ready?.status === "True" && issuing === undefined));
  };
  return {
    ...{ store, namespace },
    create: (kind, name, spec) =>
      store.create({
        ...{ apiVersion: "cert-manager.io/v1", kind, metadata: { name, namespace } },
        body: { spec },
      }),
    changeSpec: async (name, spec) => {
      const there = await find(name);
      if (there === undefined) throw new Error(`there is no Certificate ${name}`);
      const body = { spec: { ...(there.body["spec"] as JsonObject), ...spec } };
      await store.replace(keyOf(there), { ...there, body }, there.metadata.resourceVersion);
    },
    remove: async (name) => {
      await store.remove(of(certificateKind.id, name));
      const isGone = async (): Promise<boolean> =>
        (await store.get(of(certificateRequestKind.id, `${name}-1`))) === undefined;
      await until(isGone, { what: "the end of its request", longestMs: 10_000, everyMs: 20 });
    },
    secret: (name) => store.get(of(secretKind.id, name)),
    condition: async (name, type) => {
      const found = findCondition((await find(name))?.status, type);
      return found === undefined ? "" : `${found.status} ${found.reason} ${found.message}`;
    },
    settled: async (name) => {
      const end = { what: `the end of Certificate ${name}`, longestMs: 20_000, everyMs: 10 };
      await until(() => isOver(name), end);
    },
  };
}
