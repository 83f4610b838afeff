/** A certificate that was read: its text, its dates and names, and what it can be compared with. */

import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import type { SigningKey } from "../keys/signing-key.ts";
import { parsePemBlocks } from "../pem.ts";
import type { AlternativeName } from "./alternative-name.ts";
import { parseCertificateFields } from "./certificate-fields.ts";
import { parseSubject, type SubjectName } from "./subject-name.ts";

export interface ParsedCertificate {
  readonly der: Uint8Array;
  /** One PEM block. */
  readonly pem: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  readonly subject: SubjectName;
  /** As OpenSSL writes it, an attribute a line. */
  readonly issuerText: string;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  /** Whether it may sign others. */
  readonly isAuthority: boolean;
  readonly alternativeNames: readonly AlternativeName[];
  /** Whether the key of `issuer` made the signature; dates, names and rights are not looked at. */
  readonly isSignedBy: (issuer: ParsedCertificate) => boolean;
  readonly belongsTo: (key: SigningKey) => boolean;
}

/** Reads DER, or the first block of a PEM text. */
export function parseCertificate(bytes: Uint8Array): Result<ParsedCertificate, string> {
  const node = readNode(bytes);
  if (node === undefined) return err("no certificate that can be read");
  const fields = parseCertificateFields(node.raw);
  if (!fields.ok) return fields;
  const subject = parseSubject(fields.value.subject);
  if (!subject.ok) return subject;
  if (!hasKnownKey(node)) return err("a certificate with a key that cannot be read");
  // Not kept: what Node has read takes ten kilobytes beside what garbage collection knows of.
  const der = node.raw;
  return ok({
    subject: subject.value,
    issuerText: node.issuer,
    publicKey: fields.value.publicKey,
    isAuthority: node.ca,
    der,
    pem: node.toString(),
    serialNumber: node.serialNumber,
    notBefore: Temporal.Instant.fromEpochMilliseconds(node.validFromDate.getTime()),
    notAfter: Temporal.Instant.fromEpochMilliseconds(node.validToDate.getTime()),
    alternativeNames: fields.value.alternativeNames,
    isSignedBy: (issuer) =>
      new X509Certificate(der).verify(new X509Certificate(issuer.der).publicKey),
    belongsTo: (key) => new X509Certificate(der).checkPrivateKey(key),
  });
}

/** More in one text are refused (cert-manager has the same limit). */
const maxCertificates = 1000;

/** Reads all certificates of a PEM text, in their order; there is at least one. */
export function parseCertificates(pem: Uint8Array): Result<readonly ParsedCertificate[], string> {
  const blocks = parsePemBlocks(pem, ["CERTIFICATE"]);
  if (!blocks.ok) return blocks;
  if (blocks.value.length === 0) return err("no PEM certificate");
  if (blocks.value.length > maxCertificates)
    return err(`more than ${maxCertificates} certificates`);
  const certificates: ParsedCertificate[] = [];
  for (const der of blocks.value) {
    const one = parseCertificate(der);
    if (!one.ok) return one;
    certificates.push(one.value);
  }
  return ok(certificates);
}

function hasKnownKey(node: X509Certificate): boolean {
  try {
    return node.publicKey.type === "public";
  } catch {
    // A key of a type that OpenSSL does not know.
    return false;
  }
}

function readNode(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    // That the bytes are no certificate is the answer.
    return undefined;
  }
}
