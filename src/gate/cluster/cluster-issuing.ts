/**
 * Certificates of a cluster: issued by the replica that leads, and only while it holds the lease of cert-manager's own
 * controller, too, so that two never write. Where cert-manager runs, ours waits until it is gone.
 */

import type { CertificateControllers } from "#certificates/certificate-controllers.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import type { HttpClients } from "#runtime/http-client.ts";
import { errorText, logFields } from "#runtime/log-fields.ts";
import type { NameLookup } from "#runtime/name-lookup.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type IssuingDeps, startIssuing } from "../certificates/issuing.ts";
import { type Leadership, seekLeadership } from "./leadership.ts";

export interface ClusterIssuingDeps extends Omit<IssuingDeps, "door"> {
  readonly clients: HttpClients;
  readonly lookup: NameLookup;
  /** Where leases are. */
  readonly leases: Pick<ObjectStore, "get" | "create" | "replace">;
}

export interface ClusterIssuingSettings {
  /** Tells the replicas apart. */
  readonly identity: string;
  readonly clusterResourceNamespace: string;
  /** Whether namespaced issuers may use what this process is let in by, too. */
  readonly issuerAmbientCredentials: boolean;
  readonly outboundAddresses: readonly string[];
  readonly apiServers: readonly string[];
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface ClusterIssuing extends AsyncDisposable {
  /** This replica leads from now on, or no longer. */
  readonly leads: (isLeader: boolean) => void;
}

/** As cert-manager's controller has it, with the flags that its chart gives it. */
const foreignLease = { namespace: "kube-system", name: "cert-manager-controller" } as const;

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
  const issue = async (holds: boolean): Promise<void> => {
    await running?.close();
    running = undefined;
    if (!holds) return;
    running = await startIssuing({ ...deps, door }, settings);
    log.info("this replica issues certificates");
  };
  const seek = (): Leadership =>
    seekLeadership(
      { ...deps, store: deps.leases },
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
    [Symbol.asyncDispose]: async () => {
      then(giveUp);
      await last;
      // Whoever gave the lease up was told behind that.
      then(() => issue(false));
      await last;
      door.close();
    },
  };
}
