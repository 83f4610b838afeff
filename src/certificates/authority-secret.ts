/** A Secret with authorities → what certificates are verified by. */

import { err, type Result } from "#base/result.ts";
import { type Authorities, checkAuthorities } from "#crypto/x509/authorities.ts";
import { type Secret, secretValue } from "#kinds/secret.ts";

/** Reads `ca.crt`, and `ca.crl` where there is one. */
export function readAuthoritySecret(secret: Secret): Result<Authorities, string> {
  const certificates = secretValue(secret, "ca.crt");
  if (certificates === undefined) return err("it has no ca.crt");
  return checkAuthorities(certificates, secretValue(secret, "ca.crl"));
}
