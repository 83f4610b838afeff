/** The controllers of Certificates beside those of ACME, with a clock of their own that a test moves. */

import { X509Certificate } from "node:crypto";
import type { JsonObject } from "#base/json.ts";
import { startCertificateControllers } from "#certificates/certificate-controllers.ts";
import { createAcmeIssuer } from "#certificates/issuers/acme/acme.ts";
import type { KubeObject } from "#kinds/object.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { inlineWorkers, quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { AcmeStage } from "./acme-stage.ts";

export interface CertificateLife extends AsyncDisposable {
  readonly clock: ManualClock;
  /** Creates a Certificate of the stage's issuer into the Secret `web-tls`. */
  readonly create: (names: readonly string[]) => Promise<void>;
  /** Waits until it was issued so often; resolves to what is in its Secret then. */
  readonly issued: (revision: number) => Promise<X509Certificate>;
  /** Waits until its status is so. */
  readonly untilStatus: (what: string, holds: (status: JsonObject) => boolean) => Promise<void>;
}

const namespace = "shop";
const longestMs = 30_000;

/** Begins at the real time. */
export async function startCertificates({ store, acme }: AcmeStage): Promise<CertificateLife> {
  const clock = createManualClock(Temporal.Now.instant().round("second"));
  const controllers = await startCertificateControllers(
    {
      ...{ clock, store, metrics: await createMetrics(), random: createRandom(), log: silentLog },
      ...{ workers: inlineWorkers, events: { tell: () => undefined } },
    },
    { clusterResourceNamespace: "cert-manager", backends: [createAcmeIssuer(acme)] },
  );
  const get = (kind: string, name: string): Promise<KubeObject | undefined> =>
    store.get({ kind, namespace, name });
  const untilStatus: CertificateLife["untilStatus"] = async (what, holds) => {
    const isSo = async (): Promise<boolean> =>
      holds(((await get("Certificate.cert-manager.io", "web"))?.status ?? {}) as JsonObject);
    await until(isSo, { what, longestMs, everyMs: 20 });
  };
  return {
    ...{ clock, untilStatus },
    create: async (dnsNames) => {
      await store.create({
        ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate" },
        metadata: { name: "web", namespace },
        body: {
          spec: {
            ...{ secretName: "web-tls", dnsNames, privateKey: quickKey },
            issuerRef: { name: "prod", kind: "ClusterIssuer" },
          },
        },
      });
    },
    issued: async (revision) => {
      await untilStatus(`revision ${revision}`, (status) => status["revision"] === revision);
      const data = (await get("Secret", "web-tls"))?.body["data"] as JsonObject;
      return new X509Certificate(Buffer.from(`${data["tls.crt"]}`, "base64"));
    },
    [Symbol.asyncDispose]: () => controllers.close(),
  };
}
