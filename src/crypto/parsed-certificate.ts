/** A certificate that was read: its text, its dates and names, and what it can be compared with. */

import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import type { AlternativeName } from "./alternative-name.ts";
import { parseCertificateFields } from "./certificate-fields.ts";
import type { SigningKey } from "./signing-key.ts";

export interface ParsedCertificate {
  readonly der: Uint8Array;
  /** One PEM block. */
  readonly pem: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
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
  return ok({
    der: node.raw,
    pem: node.toString(),
    serialNumber: node.serialNumber,
    notBefore: Temporal.Instant.fromEpochMilliseconds(node.validFromDate.getTime()),
    notAfter: Temporal.Instant.fromEpochMilliseconds(node.validToDate.getTime()),
    alternativeNames: fields.value.alternativeNames,
    isSignedBy: (issuer) => node.verify(new X509Certificate(issuer.der).publicKey),
    belongsTo: (key) => node.checkPrivateKey(key),
  });
}

function readNode(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    // That the bytes are no certificate is the answer.
    return undefined;
  }
}
