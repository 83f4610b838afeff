/** Everything about ACME servers that others use, over one set of sessions. */

import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Solver } from "../solvers/solver.ts";
import { type AcmeAccess, findAccess } from "./accounts/acme-access.ts";
import { readIssuer } from "./accounts/issuers.ts";
import { type AccountVerdict, verifyAccount } from "./accounts/registration.ts";
import { createSessions } from "./accounts/sessions.ts";
import { type AcmeControllers, startAcmeControllers } from "./acme-controllers.ts";
import type { AcmeDeps } from "./acme-deps.ts";
import { AcmeError } from "./client/acme-error.ts";
import { certificateId } from "./client/certificate-id.ts";
import type { Identifier } from "./client/orders.ts";
import { getRenewalInformation, type RenewalInformation } from "./client/renewal-information.ts";
import type { RevocationReason } from "./client/revocation.ts";
import { type Fulfilment, fulfil, type RequestedNames } from "./fulfilment.ts";
import { knownLimits, type ServerLimits } from "./limits/known-limits.ts";
import { type Forecast, OrderLimits } from "./limits/order-limits.ts";
import { createTwins, publicTwins, type TwinOf } from "./rehearsal.ts";
import { type CertificateToRevoke, revoke } from "./revoking.ts";

export interface Acme {
  /** Sees to it that an issuer has an account. Throws StoreError only. */
  readonly verify: (issuer: KubeObject, signal: AbortSignal) => Promise<AccountVerdict>;
  /** Goes on with what fulfils a request. Throws StoreError only. */
  readonly fulfil: (
    asked: { readonly object: KubeObject; readonly issuer: KubeObject },
    names: RequestedNames,
  ) => Promise<Fulfilment>;
  /** When the server wants a certificate (DER) renewed; undefined: it does not say. Throws AcmeError. */
  readonly renewalInformation: (
    subject: { readonly issuer: KubeObject; readonly certificate: Uint8Array },
    signal: AbortSignal,
  ) => Promise<RenewalInformation | undefined>;
  /** Whether its account did it, or the certificate's own key. Throws AcmeError. */
  readonly revoke: (
    subject: CertificateToRevoke,
    reason: RevocationReason,
    signal: AbortSignal,
  ) => Promise<"account" | "key">;
  /** Whether the server would take an order for each of these sets of names, and when. Throws AcmeError, StoreError. */
  readonly forecast: (
    issuer: ReferredIssuer,
    nameSets: readonly (readonly string[])[],
  ) => Promise<Forecast>;
  /** Brings Orders and Challenges to their end from now on; to be called by one process at a time. */
  readonly start: () => AcmeControllers;
}

export interface ReferredIssuer {
  readonly issuerRef: IssuerReference;
  /** Of the object that refers to the issuer. */
  readonly namespace: string;
}

export type AcmeSettings = Omit<AcmeDeps, "store"> & {
  readonly store: ObjectStore;
  /** At most one of a type. */
  readonly solvers: readonly Solver[];
  /** What a server allows, by the URL of its directory. Default: what is known of public ones. */
  readonly limitsOf?: (directory: string) => ServerLimits;
  /** The staging twin of a server. Default: those of public ones. */
  readonly twinOf?: TwinOf;
};

/** Nothing is asked of anybody before it is needed. */
export function createAcme(settings: AcmeSettings): Acme {
  const limits = new OrderLimits(settings, settings.limitsOf ?? knownLimits);
  const sessions = createSessions(settings);
  const twins = createTwins({ sessions, twinOf: settings.twinOf ?? publicTwins });
  const deps = { ...settings, sessions, limits, twins };
  const access = async ({ issuerRef, namespace }: ReferredIssuer): Promise<AcmeAccess> => {
    const found = await findAccess(deps, issuerRef, namespace);
    if (!found.ok) throw new AcmeError("refused", found.error);
    return found.value;
  };
  return {
    verify: (issuer, signal) => verifyAccount(deps, issuer, signal),
    fulfil: (asked, names) => fulfil(deps, asked, names),
    renewalInformation: async ({ issuer, certificate }, signal) => {
      const { config } = readIssuer(issuer);
      const id = certificateId(certificate);
      if (id === undefined || config === undefined || config.renewalInformationSource === "None")
        return undefined;
      return await getRenewalInformation(sessions.to(config), id, signal);
    },
    revoke: (subject, reason, signal) => revoke(deps, subject, reason, signal),
    forecast: async (issuer, nameSets) => {
      const { config, signer } = await access(issuer);
      const orders = nameSets.map((names) => ({ identifiers: names.map(identifierOf) }));
      return await limits.forecast({ directory: config.server, account: signer.account }, orders);
    },
    start: () => startAcmeControllers(deps),
  };
}

function identifierOf(value: string): Identifier {
  return { type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value };
}
