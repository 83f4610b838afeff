/** The controllers of certificates over an embedded store, with a clock that a test moves: what their tests play with. */

import type { TestContext } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import {
  type CertificateControllers,
  startCertificateControllers,
} from "#certificates/certificate-controllers.ts";
import type { CertificateEvent } from "#certificates/controllers/certificate-events.ts";
import { createCa } from "#certificates/issuers/ca/ca.ts";
import type { IssuerBackend } from "#certificates/issuers/issuer.ts";
import { createSelfSigned } from "#certificates/issuers/self-signed/self-signed.ts";
import { generatePrivateKey, type KeyChoice } from "#crypto/keys/private-key.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { findCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "../embedded-store.ts";
import { createManualClock, type ManualClock } from "../runtime/manual-clock.ts";
import { silentLog } from "../runtime/silent-log.ts";

/** Threads that are none. */
export const inlineWorkers: Workers = {
  start: () => ({
    ask: async (question) => generatePrivateKey(question as KeyChoice) as never,
    end: async () => undefined,
  }),
};

export interface CertificateStage {
  readonly store: ObjectStore;
  /** Where everything is created that has one. */
  readonly namespace: string;
  readonly clock: ManualClock;
  /** `Reason message`, oldest first. */
  readonly events: readonly string[];
  /** Creates an object of the group cert-manager.io. */
  readonly create: (
    kind: string,
    name: string,
    spec: JsonObject,
    metadata?: JsonObject,
  ) => Promise<KubeObject>;
  readonly changeSpec: (name: string, spec: JsonObject) => Promise<void>;
  /** Takes a Certificate away; what it owns goes with it. */
  readonly remove: (name: string) => Promise<void>;
  readonly settled: () => Promise<void>;
  /** Moves the clock on, and waits for what that has caused. */
  readonly pass: (duration: Temporal.DurationLike) => Promise<void>;
  readonly certificate: (name: string) => Promise<KubeObject | undefined>;
  readonly requests: () => Promise<readonly KubeObject[]>;
  readonly secret: (name: string, namespace?: string) => Promise<KubeObject | undefined>;
  readonly secrets: () => Promise<readonly string[]>;
  /** `True Ready message`; empty without one. */
  readonly condition: (name: string, type: string) => Promise<string>;
  /** The lines of a metric, with labels that begin so. */
  readonly metric: (name: string) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface CertificateStageOptions {
  readonly backends?: (deps: {
    readonly clock: ManualClock;
    readonly store: ObjectStore;
  }) => readonly IssuerBackend[];
  /** Whether the Secret of a Certificate goes with it. Default false. */
  readonly certificateOwnerRef?: boolean;
  /** Puts something before the store. */
  readonly wrap?: (store: ObjectStore) => ObjectStore;
}

/** A key that is quickly made. */
export const quickKey = { algorithm: "ECDSA", size: 256 } as const;

export async function certificateStage(
  context: TestContext,
  options: CertificateStageOptions = {},
): Promise<CertificateStage> {
  const clock = createManualClock(Temporal.Now.instant().round("second"));
  const embedded = await temporaryStore(context, clock.now);
  const store = options.wrap?.(embedded) ?? embedded;
  const metrics = await createMetrics();
  const events: string[] = [];
  const backends = options.backends?.({ clock, store }) ?? [
    createCa({ clock }),
    createSelfSigned({ clock, store }),
  ];
  let controllers: CertificateControllers | undefined;
  const start = async (): Promise<void> => {
    controllers = await startCertificateControllers(
      {
        ...{ clock, store, metrics, random: createRandom(), log: silentLog },
        workers: inlineWorkers,
        events: {
          tell: (_, { reason, message }: CertificateEvent) => events.push(`${reason} ${message}`),
        },
      },
      { ...options, clusterResourceNamespace: "cert-manager", backends },
    );
    await controllers.settled();
  };
  const stop = async (): Promise<void> => {
    await controllers?.close();
    controllers = undefined;
  };
  context.after(stop);
  await start();
  const of = (kind: string, name: string, namespace = "default"): Promise<KubeObject | undefined> =>
    embedded.get({ kind, namespace, name });
  /** What the store tells its watchers comes a turn later. */
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await controllers?.settled();
    }
  };
  return {
    ...{ store: embedded, namespace: "default" },
    clock,
    events,
    create: async (kind, name, spec, metadata = {}) =>
      embedded.create({
        ...{ apiVersion: "cert-manager.io/v1", kind, body: { spec } },
        metadata: { name, namespace: kind === "ClusterIssuer" ? "" : "default", ...metadata },
      }),
    changeSpec: async (name, spec) => {
      const there = await of(certificateKind.id, name);
      if (there === undefined) throw new Error(`there is no Certificate ${name}`);
      const body = { spec: { ...(there.body["spec"] as JsonObject), ...spec } };
      await embedded.replace(
        { kind: certificateKind.id, namespace: "default", name },
        { ...there, body },
        there.metadata.resourceVersion,
      );
    },
    remove: async (name) => {
      await embedded.remove({ kind: certificateKind.id, namespace: "default", name });
      await settled();
    },
    settled,
    pass: async (duration) => {
      await clock.advance(duration);
      await settled();
      // What fell due on the way was put off only until now.
      await clock.advance({ seconds: 1 });
      await settled();
    },
    certificate: (name) => of(certificateKind.id, name),
    requests: async () => (await embedded.list(certificateRequestKind.id)).items,
    secret: (name, namespace) => of(secretKind.id, name, namespace),
    secrets: async () =>
      (await embedded.list(secretKind.id)).items.map(({ metadata }) => metadata.name),
    condition: async (name, type) => {
      const object =
        (await of(certificateKind.id, name)) ??
        (await of(issuerKind.id, name)) ??
        (await of(clusterIssuerKind.id, name, ""));
      return formatCondition(object?.status, type);
    },
    metric: async (name) =>
      (await metrics.expose())
        .split("\n")
        .filter((line) => line.startsWith(name) && !/^\w/.test(line.slice(name.length))),
    stop,
    start,
  };
}

function formatCondition(status: Json | undefined, type: string): string {
  const found = findCondition(status, type);
  return found === undefined ? "" : `${found.status} ${found.reason} ${found.message}`;
}
