/** A certificate revoked at the server of an issuer: by whoever it lets do that (RFC 8555 §7.6). */

import { jwsAlgorithm } from "#crypto/jose/jose.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { findAccess } from "./accounts/acme-access.ts";
import { issuerKey, readIssuer } from "./accounts/issuers.ts";
import type { Sessions } from "./accounts/sessions.ts";
import type { AcmeDeps } from "./acme-deps.ts";
import { AcmeError } from "./client/acme-error.ts";
import { type RevocationReason, revokeCertificate } from "./client/revocation.ts";

export interface CertificateToRevoke {
  readonly issuerRef: IssuerReference;
  /** Of the object that refers to the issuer. */
  readonly namespace: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** The certificate's own. */
  readonly key: SigningKey;
}

/** By the account of the issuer; where that did not order it, or is gone, by the certificate's own key. Throws AcmeError. */
export async function revoke(
  deps: AcmeDeps & { readonly sessions: Sessions },
  { issuerRef, namespace, certificate, key }: CertificateToRevoke,
  reason: RevocationReason,
  signal: AbortSignal,
): Promise<"account" | "key"> {
  const revoked = { certificate, reason };
  const access = await findAccess(deps, issuerRef, namespace);
  const place = issuerKey(issuerRef, namespace);
  const issuer = place === undefined ? undefined : await deps.store.get(place);
  const config = issuer === undefined ? undefined : readIssuer(issuer).config;
  if (config === undefined)
    throw new AcmeError("refused", access.ok ? "its issuer is gone" : access.error);
  try {
    if (access.ok) {
      const { session, signer } = access.value;
      await revokeCertificate(session, signer, revoked, signal);
      return "account";
    }
  } catch (error) {
    const isAnothers = error instanceof AcmeError && error.problem?.type === "unauthorized";
    if (!isAnothers || !jwsAlgorithm(key).ok) throw error;
  }
  const algorithm = jwsAlgorithm(key);
  if (!algorithm.ok) throw new AcmeError("refused", algorithm.error);
  await revokeCertificate(deps.sessions.to(config), { key }, revoked, signal);
  return "key";
}
