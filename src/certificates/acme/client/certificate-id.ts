/** What an ACME server calls a certificate when it says when to renew, and when one replaces another (RFC 9773 §4.1). */

import { parseCertificateFields } from "#crypto/x509/certificate-fields.ts";

/** From the certificate in DER; undefined when it does not name its issuer's key. */
export function certificateId(der: Uint8Array): string | undefined {
  const fields = parseCertificateFields(der);
  const keyId = fields.ok ? fields.value.authorityKeyId : undefined;
  if (!fields.ok || keyId === undefined) return undefined;
  return `${Buffer.from(keyId).toString("base64url")}.${Buffer.from(fields.value.serial).toString("base64url")}`;
}
