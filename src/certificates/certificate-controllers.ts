/** Issues and renews what Certificates ask for, has CertificateRequests signed, and says of issuers whether they can. */

import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import type { Kind } from "#kinds/kind.ts";
import { type KubeObject, parseKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { StoreError } from "#store/object-store.ts";
import { ObjectView } from "#store/object-view.ts";
import { createApprover, type MayUse } from "./approval/approver.ts";
import { affectedKeys, wokenRequests } from "./controllers/affected.ts";
import type { CertificateEvents } from "./controllers/certificate-events.ts";
import { showCertificates } from "./controllers/certificate-metrics.ts";
import { createCertificateSync } from "./controllers/certificate-sync.ts";
import { IssuanceBudget } from "./controllers/issuance-budget.ts";
import { IssuerResolver } from "./controllers/issuer-resolver.ts";
import { verifyIssuer } from "./controllers/issuer-verifier.ts";
import { reportPolicy } from "./controllers/policy-readiness.ts";
import { RenewalInquiries } from "./controllers/renewal-inquiries.ts";
import { RequestSigner } from "./controllers/request-signer.ts";
import { createStatuses } from "./controllers/statuses.ts";
import { urgencyOf } from "./controllers/urgency.ts";
import { WorkQueue } from "./controllers/work-queue.ts";
import { World } from "./controllers/world.ts";
import type { IssuerBackend, IssuerDeps } from "./issuers/issuer.ts";
import { createKeyMaker } from "./key-maker.ts";
import { countSyncs } from "./sync-metrics.ts";

export interface CertificateControllersDeps
  extends Pick<IssuerDeps, "clock" | "random" | "log" | "store" | "metrics"> {
  readonly workers: Workers;
  readonly events: CertificateEvents;
}

export interface CertificateControllersSettings {
  /** Where what ClusterIssuers use is kept. */
  readonly clusterResourceNamespace: string;
  /** Whether Issuers of one namespace may use this process' own credentials. Default false. */
  readonly issuerAmbientCredentials?: boolean;
  /** Whether the Secret of a Certificate goes with it. Default false. */
  readonly certificateOwnerRef?: boolean;
  /** Which CertificateRequestPolicies may be approved by for whom. Default: all for everybody, as whoever writes to the store is one. */
  readonly mayUsePolicy?: MayUse;
  /** How many keys are made at once. Default 1. */
  readonly keyThreads?: number;
  /** Ways of signing. */
  readonly backends: readonly IssuerBackend[];
}

export interface CertificateControllers {
  /** Resolves when nothing is left to do now: for tests. */
  readonly settled: () => Promise<void>;
  /** Rejects when the store cannot be followed any more; never resolves before {@link close}. */
  readonly failed: Promise<void>;
  /** Lets what is under way finish. */
  readonly close: () => Promise<void>;
}

/** Issuers that are waited for must not hold up others: what waits costs nothing. */
const parallel = 32;

/** The kinds that are followed, whoever the issuers are. */
function certificateKinds(backends: readonly IssuerBackend[]): readonly Kind<unknown>[] {
  const ofBackends = backends.flatMap(({ issuerKinds, ownKinds = [] }) => [
    ...issuerKinds,
    ...ownKinds,
  ]);
  const own = [certificateKind, certificateRequestKind, requestPolicyKind, secretKind];
  const all: readonly Kind<unknown>[] = [...own, ...ofBackends];
  return [...new Map(all.map((kind) => [kind.id, kind])).values()];
}

/** Lists the store, and begins. Throws StoreError. */
export async function startCertificateControllers(
  deps: CertificateControllersDeps,
  settings: CertificateControllersSettings,
): Promise<CertificateControllers> {
  const { backends } = settings;
  const closing = new AbortController();
  const { clock, log, store } = deps;
  const early: string[] = [];
  let add = (key: string): unknown => early.push(key);
  const view = new ObjectView(
    store,
    certificateKinds(backends).map(({ id }) => id),
    (change) => {
      world.observe(change);
      for (const { metadata } of wokenRequests(world, issuers, change)) signer.wake(metadata.uid);
      const gone = change.after === undefined ? change.before?.metadata.uid : undefined;
      if (gone !== undefined) for (const one of [signer, inquiries, budget]) one.forget(gone);
      for (const key of affectedKeys(world, issuers, change)) add(key);
    },
  );
  const world = new World(view);
  showCertificates(deps, view);
  const budget = new IssuanceBudget(world);
  const issuers = new IssuerResolver({ store, world }, settings);
  const statuses = createStatuses(store, view);
  const approver = createApprover(view, settings.mayUsePolicy);
  const { signal } = closing;
  const signer = new RequestSigner({ ...deps, world, statuses, issuers, approver, signal });
  const keys = createKeyMaker(deps.workers, settings.keyThreads ?? 1);
  const ownsSecrets = settings.certificateOwnerRef ?? false;
  const shared = { ...deps, world, statuses, signer, keys, ownsSecrets };
  const inquiries = new RenewalInquiries({ clock, log, answered: (key) => add(key) });
  const begun = clock.now();
  const triggering = { budget, approver, begun };
  const syncCertificate = createCertificateSync({ ...shared, issuers, inquiries, ...triggering });
  const work = workOn(view, {
    [certificateKind.id]: syncCertificate,
    [certificateRequestKind.id]: (request) => signer.advance(request),
    [requestPolicyKind.id]: (policy) => reportPolicy(shared, policy),
    issuer: (issuer) => verifyIssuer({ ...shared, issuers }, issuer),
  });
  const failed = (key: string, cause: unknown): Afterwards => afterFailure(log, key, cause);
  const urgency = (key: string): number => urgencyOf(world, key);
  const counted = countSyncs(deps.metrics);
  const queue = new WorkQueue(clock, {
    work: (key) => counted(key, () => work(key)),
    ...{ urgency, failed, parallel },
  });
  const from = await view.load();
  add = (key) => queue.add(key);
  for (const key of early.splice(0)) queue.add(key);
  const following = view.follow(from, closing.signal);
  // Whoever waits for it is told; that nobody does is no failure of its own.
  following.catch(() => undefined);
  return {
    settled: async () => {
      do await queue.settled();
      while (await inquiries.settled());
    },
    failed: following,
    close: async () => {
      closing.abort();
      await queue.close();
      await inquiries.close();
      await following;
      await keys.close();
      await Promise.all(backends.map((backend) => backend.close?.()));
    },
  };
}

/** The moment is when time alone may change something. */
type Look = (object: KubeObject) => Promise<Temporal.Instant | undefined>;

/** The object of a key (`formatKey`) is looked at as its kind is; any other is an issuer. */
function workOn(
  view: Pick<ObjectView, "get">,
  looks: Readonly<Record<string, Look>> & { readonly issuer: Look },
): (key: string) => Promise<Temporal.Instant | undefined> {
  return async (key) => {
    const { kind, namespace, name } = parseKey(key);
    const object = view.get(kind, namespace, name);
    return object === undefined ? undefined : await (looks[kind] ?? looks.issuer)(object);
  };
}

type Afterwards = "again" | "drop";

function afterFailure(log: Log, key: string, cause: unknown): Afterwards {
  // Gone while it was worked on: the watch tells what is left to do.
  if (cause instanceof StoreError && cause.code === "not-found") return "drop";
  const isExpected = cause instanceof StoreError && (cause.retryable || cause.code === "exists");
  if (!isExpected)
    log.error("a certificate was not brought on", {
      ...{ [logFields.object]: key, [logFields.error]: errorText(cause) },
    });
  return "again";
}
