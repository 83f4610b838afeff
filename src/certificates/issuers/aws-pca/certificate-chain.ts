/** A certificate and its chain, as AWS Private CA gives them, into what a TLS server shows and what its clients trust. */

import { err, ok, type Result } from "#base/result.ts";
import { pemTexts } from "#crypto/pem.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";

export interface SplitChain {
  /** PEM: the certificate and the authorities below the root. */
  readonly certificate: string;
  /** PEM: the authority at the top. */
  readonly authority: string;
}

/** Longer than any chain that AWS Private CA makes: five authorities. */
const mostCertificates = 20;

/**
 * A root is left out of what a server shows, as clients must have it anyway. A chain may end below the root, when that is
 * not in AWS Private CA: the last authority is then shown, too, as clients that trust the root need it.
 */
export function splitChain(certificate: string, chain: string): Result<SplitChain, string> {
  const leaf = readOne(certificate);
  if (!leaf.ok) return leaf;
  const blocks = pemTexts(chain, "CERTIFICATE");
  if (blocks.length === 0) return err("AWS gave no chain with the certificate");
  if (blocks.length > mostCertificates)
    return err(`AWS gave a chain of ${blocks.length} certificates`);
  const authorities: ParsedCertificate[] = [];
  for (const text of blocks) {
    const authority = readOne(text);
    if (!authority.ok) return authority;
    authorities.push(authority.value);
  }
  const top = authorities.at(-1);
  if (top === undefined) return err("AWS gave no chain with the certificate");
  const shown = top.isSignedBy(top) ? authorities.slice(0, -1) : authorities;
  return ok({
    certificate: [leaf.value, ...shown].map(({ pem }) => pem).join(""),
    authority: top.pem,
  });
}

function readOne(pem: string): Result<ParsedCertificate, string> {
  const parsed = parseCertificate(Buffer.from(pem));
  return parsed.ok ? parsed : err(`AWS gave ${parsed.error}`);
}
