import assert from "node:assert/strict";
import { test } from "node:test";
import { createAcme } from "#certificates/acme/acme.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { PlannedCertificate } from "./certificate-plan.ts";
import { forecastOrders } from "./order-forecast.ts";

const issuerRef = { name: "prod", kind: "ClusterIssuer" };

function planned(name: string, issuer = "ClusterIssuer prod"): PlannedCertificate {
  const names = [`${name}.example.com`];
  const server = "https://acme.test/directory";
  return { certificate: `shop/${name}`, by: "itself", issuer, names, challenges: [], server };
}

test("orders that are not there yet are held against what the server has allowed so far", async (context) => {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const { door, directory: server } = createAcmeServer(clock);
  const acme = createAcme({
    ...{ store, clock, door, random: createSeededRandom(1), log: silentLog, solvers: [] },
    metrics: await createMetrics(),
    ...{ userAgent: "test", clusterResourceNamespace: "cert-manager", tell: async () => undefined },
    limitsOf: () => ({ orders: { count: 2, refillMs: 60_000 } }),
  });
  const key = generateSigningKey().export({ type: "pkcs8", format: "pem" }).toString();
  await store.create({
    ...{ apiVersion: "v1", kind: "Secret" },
    metadata: { name: "account-key", namespace: "cert-manager" },
    body: { type: "Opaque", stringData: { "tls.key": key } },
  });
  const issuer = await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer" },
    metadata: { name: "prod", namespace: "" },
    body: { spec: { acme: { server, privateKeySecretRef: { name: "account-key" } } } },
  });
  const status = { type: "Ready", status: "True", reason: "Ready", message: "" };
  const place = { kind: "ClusterIssuer.cert-manager.io", namespace: "", name: "prod" };
  const acmeStatus = { uri: "https://acme.test/account/0" };
  await store.replaceStatus(
    place,
    { conditions: [status], acme: acmeStatus },
    issuer.metadata.resourceVersion,
  );
  await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate" },
    metadata: { name: "there", namespace: "shop" },
    body: { spec: { secretName: "there", dnsNames: ["there.example.com"], issuerRef } },
  });
  const there = { kind: "Certificate.cert-manager.io", namespace: "shop", name: "there" };
  await store.replaceStatus(there, { conditions: [status] });
  const certificates = [
    ...["there", "a", "b", "c"].map((name) => planned(name)),
    planned("d", "Issuer gone"),
  ];
  const forecasts = await forecastOrders(acme, store, certificates);
  const lastAt = clock.now().add({ minutes: 1 }).toString();
  assert.deepEqual(forecasts, [
    { issuer: "ClusterIssuer prod", needed: 3, allowedNow: 2, lastAt },
    { issuer: "Issuer gone", needed: 1, problem: "there is no Issuer gone" },
  ]);
});
