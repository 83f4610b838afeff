/** Whether PEM texts are authorities that certificates can be verified by, and lists of what they took back. */

import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { readElement, readElements } from "../der/der-reader.ts";
import { pemTexts } from "../pem.ts";

export interface Authorities {
  /** PEM: the certificates alone, without what stood between them. */
  readonly certificates: string;
  /** PEM: what they took back (RFC 5280 §5). Default: nothing. */
  readonly revoked?: string;
}

/** No bundle in use is near this; a larger text is refused unread. */
const mostBytes = 1024 * 1024;

/** Checks what Envoy would refuse with the whole secret. */
export function checkAuthorities(
  certificates: Uint8Array,
  revoked: Uint8Array | undefined,
): Result<Authorities, string> {
  if (certificates.length > mostBytes || (revoked?.length ?? 0) > mostBytes)
    return err("it is larger than 1 MiB");
  const blocks = pemTexts(Buffer.from(certificates).toString("utf8"), "CERTIFICATE");
  if (blocks.length === 0) return err("ca.crt holds no PEM certificate");
  if (!blocks.every(isCertificate)) return err("ca.crt holds a certificate that cannot be read");
  const authorities = { certificates: `${blocks.join("\n")}\n` };
  if (revoked === undefined) return ok(authorities);
  const lists = pemTexts(Buffer.from(revoked).toString("utf8"), "X509 CRL");
  if (lists.length === 0) return err("ca.crl holds no PEM revocation list");
  if (!lists.every(isRevocationList))
    return err("ca.crl holds a revocation list that cannot be read");
  return ok({ ...authorities, revoked: `${lists.join("\n")}\n` });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // The text is a user's: that it cannot be read is the answer.
    return false;
  }
}

/** tbsCertList, signatureAlgorithm, signatureValue (RFC 5280 §5.1). */
function isRevocationList(pem: string): boolean {
  const der = Buffer.from(pem.replaceAll(/-----[^-]*-----/g, ""), "base64");
  const list = readElement(der);
  const parts = list.ok && list.value.tag === 0x30 ? readElements(list.value.content) : undefined;
  return (
    parts?.ok === true && parts.value.map(({ tag }) => tag).join() === [0x30, 0x30, 0x03].join()
  );
}
