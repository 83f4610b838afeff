/** A certificate chain in PEM, as a certificate authority hands it out: whole, in order, and signed link by link. */

import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";

export interface CertificateChain {
  /** The blocks alone, leaf first, each with a line end. */
  readonly pem: string;
  /** The leaf, in DER. */
  readonly leaf: Uint8Array;
  /** The leaf's SubjectPublicKeyInfo. */
  readonly leafKey: Uint8Array;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  /** The common name under which the last certificate was issued; empty when it has none. */
  readonly topmostIssuer: string;
}

/** Longer ones are refused unread (cert-manager has the same limit for chains). */
const maxChainBytes = 95_000;
const maxCertificates = 100;

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** Reads a chain. Refused is one with anything between the blocks, an unfinished block, or links that do not hold. */
export function parseCertificateChain(pem: string): Result<CertificateChain, string> {
  if (pem.length > maxChainBytes) return err(`a chain of more than ${maxChainBytes} bytes`);
  const blocks = splitBlocks(pem);
  if (blocks === undefined) return err("a chain that is no complete PEM");
  if (blocks.length === 0) return err("a chain without a certificate");
  if (blocks.length > maxCertificates) return err(`a chain of more than ${maxCertificates}`);
  const certificates = blocks.map(readCertificate).filter((one) => one !== undefined);
  if (certificates.length < blocks.length) return err("a certificate that cannot be read");
  const holds = certificates.every((certificate, index) => {
    const issuer = certificates[index + 1];
    return issuer === undefined || isIssuedBy(certificate, issuer);
  });
  if (!holds) return err("a chain in which one certificate was not issued by the next");
  const [leaf, last] = [certificates[0], certificates.at(-1)];
  if (leaf === undefined || last === undefined) return err("a chain without a certificate");
  return ok({
    pem: `${blocks.join("\n")}\n`,
    leaf: leaf.raw,
    leafKey: leaf.publicKey.export({ type: "spki", format: "der" }),
    notBefore: Temporal.Instant.fromEpochMilliseconds(leaf.validFromDate.getTime()),
    notAfter: Temporal.Instant.fromEpochMilliseconds(leaf.validToDate.getTime()),
    topmostIssuer: commonNameOf(last),
  });
}

function splitBlocks(pem: string): readonly string[] | undefined {
  const [before = "", ...parts] = pem.replaceAll("\r\n", "\n").split(begin);
  if (before.trim() !== "") return undefined;
  const blocks = parts.map((part) => {
    const at = part.indexOf(end);
    const isWhole = at >= 0 && part.slice(at + end.length).trim() === "";
    return isWhole ? `${begin}${part.slice(0, at)}${end}` : undefined;
  });
  return blocks.every((block) => block !== undefined) ? blocks : undefined;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function commonNameOf(certificate: X509Certificate): string {
  const { CN } = certificate.toLegacyObject().issuer;
  return typeof CN === "string" ? CN : "";
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // That the text is no certificate is the answer.
    return undefined;
  }
}
