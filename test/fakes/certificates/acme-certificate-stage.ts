/** A {@link CertificateStage} whose issuer is an ACME server that believes every challenge, by the real ACME controllers. */

import type { TestContext } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { createAcme } from "#certificates/acme/acme.ts";
import type { ServerLimits } from "#certificates/acme/limits/known-limits.ts";
import { createAcmeIssuer } from "#certificates/issuers/acme/acme.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import type { AcmeSolver } from "#kinds/cert-manager/acme-solver.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createSeededRandom } from "../runtime/seeded-random.ts";
import { silentLog } from "../runtime/silent-log.ts";
import { createAcmeServer, type FakeAcmeServer, type HoursOf } from "./acme-server.ts";
import {
  type CertificateStage,
  type CertificateStageOptions,
  certificateStage,
} from "./certificate-stage.ts";

export interface AcmeCertificateStage {
  readonly stage: CertificateStage;
  readonly server: FakeAcmeServer;
  /** Creates the ClusterIssuer `public`, whose account key is there. */
  readonly issue: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface AcmeCertificateStageOptions extends Pick<CertificateStageOptions, "wrap"> {
  readonly hoursOf?: HoursOf;
  /** Puts something before the server. */
  readonly before?: (door: OutboundDoor) => OutboundDoor;
  readonly limits?: ServerLimits;
  /** Instead of what the solver does, which is well by itself. */
  readonly solving?: Partial<Solver>;
  /** The issuer's only one. Default: by HTTP-01. */
  readonly solver?: AcmeSolver;
}

/** Believes that whatever it presents is found. */
const willing: Solver = {
  type: "http-01",
  present: () => Promise.resolve({ kind: "done" }),
  check: () => Promise.resolve({ kind: "done" }),
  cleanUp: () => Promise.resolve({ kind: "done" }),
};

export async function acmeCertificateStage(
  context: TestContext,
  {
    wrap,
    hoursOf,
    before = (door) => door,
    limits = {},
    solving = {},
    solver = { http01: { ingress: {} } },
  }: AcmeCertificateStageOptions,
): Promise<AcmeCertificateStage> {
  const metrics = await createMetrics();
  let server: FakeAcmeServer | undefined;
  let stopAcme = async (): Promise<void> => undefined;
  const stage = await certificateStage(context, {
    ...(wrap === undefined ? {} : { wrap }),
    backends: ({ clock, store }) => {
      server = createAcmeServer(clock, hoursOf);
      const acme = createAcme({
        ...{ store, clock, random: createSeededRandom(1), log: silentLog, metrics },
        door: before(server.door),
        ...{ userAgent: "test", clusterResourceNamespace: "cert-manager" },
        solvers: [{ ...willing, ...solving }],
        tell: () => Promise.resolve(),
        limitsOf: () => limits,
      });
      const controllers = acme.start();
      stopAcme = () => controllers.stop();
      return [createAcmeIssuer(acme)];
    },
  });
  const stop = async (): Promise<void> => {
    await stopAcme();
    await stage.stop();
  };
  context.after(stop);
  if (server === undefined) throw new Error("no backends were made");
  const { directory } = server;
  return { stage, server, stop, issue: () => issue(stage, directory, solver) };
}

async function issue(
  { store, create }: CertificateStage,
  directory: string,
  solver: AcmeSolver,
): Promise<void> {
  // As if somebody had brought it: making one takes time that the clock here does not show.
  const key = generateSigningKey().export({ type: "pkcs8", format: "pem" }).toString();
  await store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "account-key", namespace: "cert-manager" },
    body: { type: "Opaque", stringData: { "tls.key": key } },
  });
  const acme = { server: directory, privateKeySecretRef: { name: "account-key" } };
  const solvers = JSON.parse(JSON.stringify([solver])) as JsonObject[];
  await create("ClusterIssuer", "public", { acme: { ...acme, solvers } });
}
