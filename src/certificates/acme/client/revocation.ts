/** Certificates revoked at an ACME server (RFC 8555 §7.6). */

import { AcmeError } from "./acme-error.ts";
import type { AcmeSession, Signer } from "./session.ts";

/** Reasons by name (RFC 5280 §5.3.1), those that servers take from clients. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

export type RevocationReason = keyof typeof revocationReasons;

/**
 * Revokes a certificate, in DER. The signer is the account that ordered it, or, without an account, the certificate's
 * own key. One that is revoked already counts as revoked.
 */
export async function revokeCertificate(
  session: AcmeSession,
  signer: Signer,
  { certificate, reason }: { readonly certificate: Uint8Array; readonly reason: RevocationReason },
  signal: AbortSignal,
): Promise<void> {
  const { revokeCert } = await session.directory(signal);
  if (revokeCert === undefined)
    throw new AcmeError("refused", "the server does not revoke certificates");
  const payload = {
    certificate: Buffer.from(certificate).toString("base64url"),
    reason: revocationReasons[reason],
  };
  try {
    await session.post({ action: "revoke_cert", url: revokeCert }, payload, signer, signal);
  } catch (error) {
    if (error instanceof AcmeError && error.problem?.type === "alreadyRevoked") return;
    throw error;
  }
}
