/**
 * Certificates of a cluster: issued by the replica that leads, and only while it holds the lease of cert-manager's own
 * controller, too, so that two never write. Where cert-manager runs, ours waits until it is gone.
 */

import type { Finding } from "#base/finding.ts";
import type { AcmeControllers } from "#certificates/acme/acme-controllers.ts";
import { limitsPrefix } from "#certificates/acme/limits/kept-counts.ts";
import type { CertificateControllers } from "#certificates/certificate-controllers.ts";
import { createAcmeIssuer } from "#certificates/issuers/acme/acme.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Files } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type AcmeGateSettings, createAcmeGate } from "../certificates/acme-gate.ts";
import { createDnsSolver, type DnsSolverSettings } from "../certificates/dns-solver.ts";
import { type IssuingDeps, startIssuing } from "../certificates/issuing.ts";
import type { ClusterServices } from "./cluster-services.ts";
import { type Leadership, seekLeadership } from "./leadership.ts";
import { createPolicyRights } from "./policy-rights.ts";
import { type WebhookWatchDeps, watchWebhooks } from "./webhooks/webhook-watch.ts";

export interface ClusterIssuingDeps extends Omit<IssuingDeps, "door"> {
  readonly clients: HttpClients;
  readonly lookup: NameLookup;
  readonly dns: DnsTransport;
  readonly files: Pick<Files, "read">;
  /** The API server itself: where leases are, and where what was just written is read. */
  readonly server: Pick<ObjectStore, "get" | "create" | "replace">;
  readonly cluster: ClusterServices;
  /** The same, for what is no object of ours. */
  readonly api: WebhookWatchDeps["api"];
}

export interface ClusterIssuingSettings
  extends Pick<AcmeGateSettings, "version" | "ports" | "gate" | "inForce" | "found">,
    DnsSolverSettings {
  /** Tells the replicas apart. */
  readonly identity: string;
  readonly clusterResourceNamespace: string;
  /** Whether namespaced issuers may use what this process is let in by, too. */
  readonly issuerAmbientCredentials: boolean;
  /** Whether the Secret of a Certificate goes with it. */
  readonly certificateOwnerRef: boolean;
  readonly outboundAddresses: readonly string[];
  readonly apiServers: readonly string[];
  /** Told what of webhooks stands in the way. */
  readonly webhooksFound: (findings: readonly Finding[]) => void;
}

export interface ClusterIssuing extends AsyncDisposable {
  /** This replica leads from now on, or no longer. */
  readonly leads: (isLeader: boolean) => void;
  /** Something was published. */
  readonly applied: () => void;
}

/** As cert-manager's controller has it, with the flags that its chart gives it. */
const foreignLease = { namespace: "kube-system", name: "cert-manager-controller" } as const;

/** An order that was placed and not seen yet would be placed again: what decides about it is read where it was written. */
function withoutLag({ store, server }: ClusterIssuingDeps): ObjectStore {
  const isOurs = ({ kind, name }: ObjectKey): boolean =>
    kind === orderKind.id ||
    kind === challengeKind.id ||
    (kind === secretKind.id && name.startsWith(limitsPrefix));
  return { ...store, get: (key) => (isOurs(key) ? server.get(key) : store.get(key)) };
}

/** Nothing is issued before it leads. */
export function createClusterIssuing(
  deps: ClusterIssuingDeps,
  settings: ClusterIssuingSettings,
): ClusterIssuing {
  const { clock, clients, lookup, log } = deps;
  const { outboundAddresses: allowed, apiServers } = settings;
  const door = createOutboundDoor({
    ...{ clock, clients, names: lookup },
    rules: { allowed, apiServers: () => apiServers },
  });
  let leadership: Leadership | undefined;
  let running: CertificateControllers | undefined;
  // One step after another: what begins has ended what was before.
  let last = Promise.resolve();
  const then = (step: () => Promise<void>): void => {
    last = last
      .then(step)
      .catch((error: unknown) =>
        log.error("certificates are not issued", { [logFields.error]: errorText(error) }),
      );
  };
  const dns = createDnsSolver({ ...deps, door }, settings);
  const { acme, applied } = createAcmeGate(
    { ...deps, store: withoutLag(deps), events: deps.recorder, door },
    { ...settings, solvers: [dns.solver] },
  );
  const backends = [createAcmeIssuer(acme)];
  const mayUsePolicy = createPolicyRights(deps);
  let orders: AcmeControllers | undefined;
  let stopLooking: () => void = () => undefined;
  const issue = async (holds: boolean): Promise<void> => {
    stopLooking();
    stopLooking = () => undefined;
    await orders?.stop();
    await running?.close();
    running = undefined;
    orders = undefined;
    if (!holds) return;
    stopLooking = watchWebhooks(deps, settings.webhooksFound);
    running = await startIssuing({ ...deps, door }, { ...settings, backends, mayUsePolicy });
    orders = acme.start();
    orders.failed.catch((error: unknown) =>
      log.error("orders are not followed any more", { [logFields.error]: errorText(error) }),
    );
    log.info("this replica issues certificates");
  };
  const seek = (): Leadership =>
    seekLeadership(
      { ...deps, store: deps.server },
      {
        ...foreignLease,
        identity: `sekisho-${settings.identity}`,
        changed: (holds) => then(() => issue(holds)),
      },
    );
  const leads = (isLeader: boolean): void =>
    then(async () => {
      if (isLeader) leadership ??= seek();
      else await giveUp();
    });
  const giveUp = async (): Promise<void> => {
    const held = leadership;
    leadership = undefined;
    await held?.stop();
  };
  return {
    leads,
    applied,
    [Symbol.asyncDispose]: async () => {
      then(giveUp);
      await last;
      // Whoever gave the lease up was told behind that.
      then(() => issue(false));
      await last;
      dns.close();
      door.close();
    },
  };
}
